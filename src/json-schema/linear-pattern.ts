import { PatternError, type PatternNode, parsePattern } from './pattern-syntax.ts'

/** Of all states together. */
const MAX_STATES = 5_000
/** Of nodes, each as often as it is repeated: some have no state. */
const MAX_VISITS = 50_000

type IsMatch = (codePoint: number) => boolean

/** A place in the pattern; `next` and `other` are the places after it, by index. */
type State =
  | { kind: 'character'; isMatch: IsMatch; next: number }
  | { kind: 'fork'; next: number; other: number }
  | { kind: 'condition'; holds(text: Text, position: number): boolean; next: number }
  | { kind: 'end' }

interface Text {
  codePoints: readonly number[]
  /** For each look-around of the pattern, the positions where what it looks for is. */
  found: readonly Uint8Array[]
}

/** States of a pattern, or of what a look-around looks for. */
interface Program {
  states: State[]
  start: number
  /** It goes from the end of the text to its beginning. */
  isBackward: boolean
}

/**
 * A regular expression with the meaning of `new RegExp(pattern, 'u')`, which takes a time in proportion to the length of the
 * text: all ways to match are followed side by side, where JavaScript tries them one by one, of which there may be too many.
 * Ports of RE2 do so too, but mean other things by \s, the dot and \p, and know no look-ahead; JSON Schema means ECMAScript's.
 */
export class LinearPattern {
  /** How many states are looked at for a character, at the most. */
  readonly size: number
  readonly #pattern: string
  readonly #main: Program
  readonly #isAnchored: boolean
  /** Those that are within another come before it. */
  readonly #looks: Program[] = []

  /** @throws PatternError for a pattern that takes more than 5,000 states, or as `parsePattern`. */
  constructor(pattern: string) {
    this.#pattern = pattern
    const node = parsePattern(pattern)
    let size = 0
    const note = (program: Program) => {
      size += program.states.length
      if (size > MAX_STATES) throw new PatternError('repeats too much too often')
      return program
    }
    this.#main = note(compile(node, { isBackward: false, looks: this.#looks, note }))
    this.#isAnchored = isAnchored(node)
    this.size = size
  }

  test(text: string): boolean {
    const codePoints: number[] = []
    for (const character of text) codePoints.push(character.codePointAt(0) ?? 0)
    const found: Uint8Array[] = []
    for (const look of this.#looks) {
      const positions = new Uint8Array(codePoints.length + 1)
      follow(look, { codePoints, found }, { isAnchored: false, positions })
      found.push(positions)
    }
    return follow(this.#main, { codePoints, found }, { isAnchored: this.#isAnchored })
  }

  /** As of a RegExp; it tells this pattern from others. */
  toString(): string {
    return `/${this.#pattern}/u`
  }
}

interface Compilation {
  isBackward: boolean
  looks: Program[]
  note(program: Program): Program
}

function compile(root: PatternNode, compilation: Compilation): Program {
  const { isBackward, looks, note } = compilation
  const states: State[] = [{ kind: 'end' }]
  const add = (state: State) => {
    if (states.length >= MAX_STATES) throw new PatternError('repeats too much too often')
    return states.push(state) - 1
  }

  let visits = 0
  /** Adds the states of a node that go on at `next`; gives the first of them. */
  const visit = (node: PatternNode, next: number): number => {
    if (++visits > MAX_VISITS) throw new PatternError('repeats too much too often')
    switch (node.kind) {
      case 'character':
        return add({ kind: 'character', isMatch: characterMatcher(node.source), next })
      case 'assertion':
        return add({ kind: 'condition', holds: assertions[node.which], next })
      case 'look': {
        const { negated } = node
        const program = compile(node.node, { ...compilation, isBackward: !node.behind })
        const index = looks.push(note(program)) - 1
        return add({
          kind: 'condition',
          holds: ({ found }, position) => (found[index]?.[position] === 1) !== negated,
          next,
        })
      }
      case 'sequence': {
        const nodes = isBackward ? node.nodes : node.nodes.toReversed()
        return nodes.reduce((after, each) => visit(each, after), next)
      }
      case 'choice':
        return node.nodes
          .map((each) => visit(each, next))
          .reduceRight((other, first) => add({ kind: 'fork', next: first, other }))
      case 'repetition':
        return visitRepetition(node, next)
    }
  }

  const visitRepetition = (
    { node, least, most }: PatternNode & { kind: 'repetition' },
    next: number,
  ): number => {
    let first = next
    if (most === Number.POSITIVE_INFINITY) {
      const fork: State & { kind: 'fork' } = { kind: 'fork', next, other: next }
      first = add(fork)
      fork.next = visit(node, first)
    } else {
      for (let count = least; count < most; count++)
        first = add({ kind: 'fork', next: visit(node, first), other: next })
    }
    for (let count = 0; count < least; count++) first = visit(node, first)
    return first
  }

  return { start: visit(root, 0), states, isBackward }
}

/**
 * Whether a program reaches its end, from any position or, if it is anchored, from the beginning of the text.
 *
 * @param options.positions Where it does is noted here, for each position; without, the first is enough.
 */
function follow(
  { states, start, isBackward }: Program,
  text: Text,
  { isAnchored, positions }: { isAnchored: boolean; positions?: Uint8Array },
): boolean {
  const { codePoints } = text
  const step = isBackward ? -1 : 1
  const last = isBackward ? 0 : codePoints.length
  /** The round in which a state was last reached. */
  const reached = new Int32Array(states.length).fill(-1)
  /** Where the ways are that wait for a character, as many as are counted. */
  const waiting: number[] = []
  const pending = [start]
  for (let position = isBackward ? codePoints.length : 0, round = 0; ; position += step, round++) {
    let count = 0
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (reached[index] === round) continue
      reached[index] = round
      const state = states[index]
      if (state?.kind === 'character') waiting[count++] = index
      else if (state?.kind === 'fork') pending.push(state.next, state.other)
      else if (state?.kind === 'condition') {
        if (state.holds(text, position)) pending.push(state.next)
      } else if (positions) positions[position] = 1
      else return true
    }
    if (position === last) return false
    const codePoint = codePoints[isBackward ? position - 1 : position] ?? 0
    for (let n = 0; n < count; n++) {
      const state = states[waiting[n] ?? 0]
      if (state?.kind === 'character' && state.isMatch(codePoint)) pending.push(state.next)
    }
    if (!isAnchored) pending.push(start)
    else if (pending.length === 0) return false
  }
}

/** Whether each way to match begins with `^`. */
function isAnchored(node: PatternNode): boolean {
  if (node.kind === 'assertion') return node.which === '^'
  if (node.kind === 'choice') return node.nodes.every(isAnchored)
  if (node.kind === 'sequence') return node.nodes[0] !== undefined && isAnchored(node.nodes[0])
  return false
}

const assertions = {
  '^': (_: Text, position: number) => position === 0,
  $: ({ codePoints }: Text, position: number) => position === codePoints.length,
  '\\b': isWordBoundary,
  '\\B': (text: Text, position: number) => !isWordBoundary(text, position),
}

const isWord = classMatcher('\\w')

function isWordBoundary({ codePoints }: Text, position: number): boolean {
  const [before, after] = [codePoints[position - 1], codePoints[position]]
  return (before !== undefined && isWord(before)) !== (after !== undefined && isWord(after))
}

function characterMatcher(source: string): IsMatch {
  if (source === '.' || source.length > 2 || source.startsWith('\\') || source.startsWith('['))
    return classMatcher(source)
  const only = source.codePointAt(0)
  return (codePoint) => codePoint === only
}

/** JavaScript knows best which characters there are in a class. */
function classMatcher(source: string): IsMatch {
  const expression = new RegExp(`^${source}$`, 'u')
  const ofAscii = Array.from({ length: 128 }, (_, code) => expression.test(String.fromCharCode(code)))
  return (codePoint) => ofAscii[codePoint] ?? expression.test(String.fromCodePoint(codePoint))
}
