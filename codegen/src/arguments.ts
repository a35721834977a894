import { parseArgs } from 'node:util'
import { CodegenError, messageOf } from './codegen-error.ts'
import type { SourceOptions } from './source.ts'

/** The command line cannot be understood. The message is shown with a hint to the help. */
export class UsageError extends CodegenError {}

const commands = ['pull', 'generate', 'check'] as const
export type Command = (typeof commands)[number]

export interface Arguments extends SourceOptions {
  command: Command | 'help'
  /** The TypeScript file. */
  out?: string | undefined
}

export const help = `Usage: pgq-codegen <command> [options]

Turns the event types of a pgq-graphql server into TypeScript for @pgq-graphql/client.

Commands
  pull      Write the event types of a server into a snapshot, a JSON file to be committed
              pgq-codegen pull --url http://localhost:4000/graphql --snapshot event-types.json
  generate  Write TypeScript, from a snapshot or from a server
              pgq-codegen generate --snapshot event-types.json --out src/event-types.ts
  check     Exit with 1, and say what differs, when a snapshot is not what the server has (with --url),
            or a TypeScript file not what the snapshot gives (with --out), but for its first line; for CI
              pgq-codegen check --url http://localhost:4000/graphql --snapshot event-types.json

Options
  --url <url>           The server's GraphQL endpoint
  --snapshot <file>     The snapshot
  --out <file>          The TypeScript file
  --queue <name>        Only this queue; may be given several times. Default: all
  --database <name>     Which of the server's databases. Default: main
  --header <text>       Sent to the server, as in 'authorization: Bearer …'; may be given several times
  --help                Show this

Exit status: 0 done, 1 different or failed, 2 wrong use.
`

/** @throws UsageError */
export function readArguments(given: readonly string[]): Arguments {
  const { values, positionals } = parse(given)
  const [name, ...others] = positionals
  if (values.help || name === 'help') return { command: 'help' }
  const command = commands.find((known) => known === name)
  if (!command) throw new UsageError(name === undefined ? 'A command is missing' : `No such command: ${name}`)
  if (others.length > 0) throw new UsageError(`Unexpected: ${others.join(' ')}`)
  const { url, snapshot, out } = values
  const isGiven = { url: url !== undefined, snapshot: snapshot !== undefined, out: out !== undefined }
  if (command === 'pull' && !(isGiven.url && isGiven.snapshot)) {
    throw new UsageError('pull needs --url and --snapshot')
  }
  if (command === 'pull' && isGiven.out)
    throw new UsageError('pull writes no TypeScript: use generate for --out')
  if (command === 'generate' && (isGiven.url === isGiven.snapshot || !isGiven.out)) {
    throw new UsageError('generate needs --out, and either --snapshot or --url')
  }
  if (command === 'check' && !(isGiven.snapshot && (isGiven.url || isGiven.out))) {
    throw new UsageError('check needs --snapshot, and --url or --out or both')
  }
  const headers = values.header && Object.fromEntries(values.header.map(headerOf))
  return { command, url, snapshot, out, database: values.database, queues: values.queue, headers }
}

function parse(given: readonly string[]) {
  try {
    return parseArgs({
      args: [...given],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        snapshot: { type: 'string' },
        out: { type: 'string' },
        queue: { type: 'string', multiple: true },
        database: { type: 'string' },
        header: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error })
  }
}

function headerOf(text: string): [string, string] {
  const colon = text.indexOf(':')
  if (colon < 1) throw new UsageError("A header is given as 'name: value'")
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}
