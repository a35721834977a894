import { SchemaError } from './schema-error.ts'

const MAX_PATTERN_LENGTH = 500

/**
 * Refuses regular expressions that are none, and those in which a repeated group holds a repetition or a choice: matching
 * `(a+)+$` takes a time that doubles with each character. What is left may still be slow on long texts; see run-bounded.ts.
 *
 * @throws SchemaError
 */
export function checkPattern(pattern: string, path: string): void {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new SchemaError(path, `is a pattern of more than ${MAX_PATTERN_LENGTH} characters`)
  }
  try {
    new RegExp(pattern, 'u')
  } catch (error) {
    throw new SchemaError(path, error instanceof Error ? error.message : String(error))
  }
  if (/\\[1-9]|\\k</.test(pattern))
    throw new SchemaError(path, 'refers back to a group, which is not allowed')
  const nested = findNestedRepetition(pattern)
  if (nested !== null) {
    throw new SchemaError(
      path,
      `repeats ${nested}, which has a repetition or a choice in it; that may take for ever`,
    )
  }
}

/** What a token of a well-formed pattern is: a class, an escape, a group's beginning, a quantifier, or a character. */
const token =
  /\[(?:\\.|[^\]\\])*\]|\\(?:[pPuxk]\{[^}]*\}|.)|\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?|\{\d+(?:,\d*)?\}|./gsu

interface Group {
  start: number
  /** It holds an unbounded repetition or a choice. */
  isVariable: boolean
}

function findNestedRepetition(pattern: string): string | null {
  const open: Group[] = [{ start: 0, isVariable: false }]
  let closed: Group | null = null
  for (const { 0: text, index } of pattern.matchAll(token)) {
    const group = open.at(-1)
    if (text.startsWith('(')) {
      open.push({ start: index, isVariable: false })
      closed = null
    } else if (text === ')') {
      closed = open.pop() ?? null
      if (closed?.isVariable) (open.at(-1) ?? closed).isVariable = true
    } else if (isRepetition(text)) {
      if (closed?.isVariable) return pattern.slice(closed.start, index)
      if (group) group.isVariable = true
      closed = null
    } else {
      if (text === '|' && group) group.isVariable = true
      closed = null
    }
  }
  return null
}

/** Repetitions that take as many characters as there are: each may multiply the time of a match by the length of the text. */
export function countRepetitions(pattern: string): number {
  return [...pattern.matchAll(token)].filter(([text]) => isRepetition(text)).length
}

/** More than a few times; `?` and `{3}` are no danger. */
function isRepetition(token: string): boolean {
  if (token === '*' || token === '+') return true
  const [, least, most] = /^\{(\d+)(?:(?:,(\d*)))?\}$/.exec(token) ?? []
  if (least === undefined) return false
  return most === undefined ? false : most === '' || Number(most) - Number(least) > 0
}
