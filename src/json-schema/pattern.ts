import { LinearPattern } from './linear-pattern.ts'
import { PatternError } from './pattern-syntax.ts'
import { SchemaError } from './schema-error.ts'

const MAX_PATTERN_LENGTH = 500

/**
 * Refuses regular expressions that are none, and those that cannot be matched in linear time.
 *
 * @returns How many of its states are looked at for a character of a text, at the most.
 * @throws SchemaError
 */
export function checkPattern(pattern: string, path: string): number {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new SchemaError(path, `is a pattern of more than ${MAX_PATTERN_LENGTH} characters`)
  }
  try {
    new RegExp(pattern, 'u')
    return new LinearPattern(pattern).size
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof PatternError)) throw error
    throw new SchemaError(path, error.message)
  }
}
