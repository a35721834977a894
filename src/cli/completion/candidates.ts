import type { Argument, Command, Option } from 'commander'

/** What can stand in a place of a command line, and what it means. */
export interface Candidate {
  value: string
  description: string
}

/** A place for the name of something in a database. */
export interface NamePlace {
  of: 'queue' | 'consumer'
  /** The command, with the flags that were given. */
  command: Command
  /** The queue whose consumers they are; null for those of any. */
  queue: string | null
}

export interface Completion {
  candidates: readonly Candidate[]
  names: NamePlace | null
}

/** Finds what the last word of a command line can be, by the description of its command. */
export function complete(program: Command, words: readonly string[]): Completion {
  const word = words.at(-1) ?? ''
  const { command, rest } = commandOf(program, words.slice(0, -1))
  const open = openOption(command, rest.at(-1))
  const { operands } = command.parseOptions(open ? rest.slice(0, -1) : rest)
  const { candidates, names } = open
    ? valuesOf(command, operands, open.argChoices, valueName(open))
    : completionOf(command, operands, word)
  return { candidates: candidates.filter(({ value }) => value.startsWith(word)), names }
}

/** Finds the command that words are of, and the words after its name. */
function commandOf(command: Command, words: readonly string[]): { command: Command; rest: string[] } {
  const [first, ...rest] = words
  const next = command.commands.find((each) => each.name() === first)
  return next ? commandOf(next, rest) : { command, rest: [...words] }
}

/** Returns the option whose value comes after a word. */
function openOption({ options }: Command, word: string | undefined): Option | undefined {
  if (!word?.startsWith('-')) return undefined
  return options.find(({ long, short, required }) => required && (word === long || word === short))
}

function completionOf(command: Command, operands: readonly string[], word: string): Completion {
  const help = command.createHelp()
  if (word.startsWith('-')) {
    const options = help.visibleOptions(command)
    return none(options.map(({ long, description }) => ({ value: long ?? '', description })))
  }
  if (command.commands.length > 0) {
    const commands = operands.length > 0 ? [] : help.visibleCommands(command)
    return none(commands.map((each) => ({ value: each.name(), description: each.description() })))
  }
  const argument = argumentAt(command.registeredArguments, operands.length)
  return argument ? valuesOf(command, operands, argument.argChoices, argument.name()) : none([])
}

function none(candidates: readonly Candidate[]): Completion {
  return { candidates, names: null }
}

function argumentAt(all: readonly Argument[], index: number): Argument | undefined {
  const last = all.at(-1)
  return all[index] ?? (last?.variadic ? last : undefined)
}

function valuesOf(
  command: Command,
  operands: readonly string[],
  choices: readonly string[] | undefined,
  of: string,
): Completion {
  const candidates = (choices ?? []).map((value) => ({ value, description: '' }))
  if (of !== 'queue' && of !== 'consumer') return none(candidates)
  return { candidates, names: { of, command, queue: operands[0] ?? null } }
}

/** Returns `file` for `--config <file>`. */
export function valueName({ flags }: Option): string {
  return /<([^>]+)>/.exec(flags)?.[1] ?? ''
}
