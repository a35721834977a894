import { RE2JS, RE2JSException } from 're2js'
import { PatternError, toRe2 } from './pattern-translation.ts'
import { SchemaError } from './schema-error.ts'

/** Limits the characters of a pattern, so that no nesting of groups exhausts the stack. */
const MAX_PATTERN_LENGTH = 500

/**
 * Compiles a regular expression with the meaning of `new RegExp(pattern, 'u')`, which takes a time in proportion to the
 * length of the text. JavaScript's own tries one way to match after the other, of which there may be too many.
 *
 * @throws PatternError for what RE2 cannot match; SyntaxError for what is not a pattern.
 */
export function compilePattern(pattern: string): RE2JS {
  const source = toRe2(pattern)
  try {
    return RE2JS.compile(source, RE2JS.LOOKBEHINDS)
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause
    throw new PatternError(
      'repeats too much: counts go to 1000, multiplied where one is within another. Use minLength and maxLength instead',
      { cause },
    )
  }
}

/**
 * Refuses a pattern that is not one, or that cannot be matched in bounded time.
 *
 * @returns How many instructions of RE2 it takes.
 * @throws SchemaError
 */
export function checkPattern(pattern: string, path: string): number {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new SchemaError(path, `is a pattern of more than ${MAX_PATTERN_LENGTH} characters`)
  }
  try {
    const size = compilePattern(pattern).programSize()
    // Programs that read the schema compile it with JavaScript's own.
    new RegExp(pattern, 'u')
    return size
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof PatternError)) throw error
    throw new SchemaError(path, error.message)
  }
}
