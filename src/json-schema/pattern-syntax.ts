/** What a regular expression says, without groups' names and without lazy or greedy: neither changes whether it matches. */
export type PatternNode =
  /** One character; `source` is a regular expression of its own. */
  | { kind: 'character'; source: string }
  | { kind: 'assertion'; which: '^' | '$' | '\\b' | '\\B' }
  | { kind: 'look'; behind: boolean; negated: boolean; node: PatternNode }
  | { kind: 'sequence'; nodes: PatternNode[] }
  | { kind: 'choice'; nodes: PatternNode[] }
  | { kind: 'repetition'; node: PatternNode; least: number; most: number }

/** For what cannot be matched in linear time, or is not known to every version of Node. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

// With the flag u each of these is a whole: a class, an escape, the beginning of a group, a quantifier, or a character.
const token =
  /\[(?:\\.|[^\]\\])*\]|\\u[Dd][89ABab][\dA-Fa-f]{2}\\u[Dd][C-Fc-f][\dA-Fa-f]{2}|\\(?:[pPu]\{[^}]*\}|u[\dA-Fa-f]{4}|x[\dA-Fa-f]{2}|c[A-Za-z]|k<[^>]*>|[1-9]\d*|.)|\((?:\?(?:<?[=!]|<[^>]*>|[^()]*?:))?|\{\d+(?:,\d*)?\}|./gsu

/**
 * Takes a pattern apart.
 *
 * @param pattern Of which `new RegExp(pattern, 'u')` can be made.
 * @throws PatternError for references back to a group, and for groups with flags of their own.
 */
export function parsePattern(pattern: string): PatternNode {
  const tokens = [...pattern.matchAll(token)].map(([text]) => text)
  let next = 0

  const parseChoice = (): PatternNode => {
    const nodes = [parseSequence()]
    while (tokens[next] === '|') {
      next++
      nodes.push(parseSequence())
    }
    const [only] = nodes
    return nodes.length === 1 && only ? only : { kind: 'choice', nodes }
  }

  const parseSequence = (): PatternNode => {
    const nodes: PatternNode[] = []
    for (let text = tokens[next]; text !== undefined && text !== '|' && text !== ')'; text = tokens[next]) {
      next++
      nodes.push(parseQuantifier(parseAtom(text)))
    }
    return { kind: 'sequence', nodes }
  }

  const parseAtom = (text: string): PatternNode => {
    if (text.startsWith('(')) return parseGroup(text)
    if (text === '^' || text === '$' || text === '\\b' || text === '\\B')
      return { kind: 'assertion', which: text }
    if (/^\\(?:[1-9]|k<)/.test(text)) throw new PatternError('refers back to a group, which is not allowed')
    return { kind: 'character', source: text }
  }

  const parseGroup = (opening: string): PatternNode => {
    const [, flags = ''] = /^\(\?([^<=!]+):$/.exec(opening) ?? []
    if (flags !== '') throw new PatternError(`has the flags ${flags} for a group, which is not allowed`)
    const node = parseChoice()
    // The closing parenthesis.
    next++
    const [, behind, sign] = /^\(\?(<?)([=!])$/.exec(opening) ?? []
    return sign === undefined ? node : { kind: 'look', behind: behind === '<', negated: sign === '!', node }
  }

  const parseQuantifier = (node: PatternNode): PatternNode => {
    const bounds = boundsOf(tokens[next])
    if (!bounds) return node
    next++
    if (tokens[next] === '?') next++
    return { kind: 'repetition', node, ...bounds }
  }

  return parseChoice()
}

function boundsOf(text: string | undefined): { least: number; most: number } | null {
  if (text === '*') return { least: 0, most: Number.POSITIVE_INFINITY }
  if (text === '+') return { least: 1, most: Number.POSITIVE_INFINITY }
  if (text === '?') return { least: 0, most: 1 }
  const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}$/.exec(text ?? '') ?? []
  if (least === undefined) return null
  if (comma === '') return { least: Number(least), most: Number(least) }
  return { least: Number(least), most: most === '' ? Number.POSITIVE_INFINITY : Number(most) }
}
