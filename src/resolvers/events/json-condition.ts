import { PgqError } from '../../errors.ts'
import { MAX_JSON_DEPTH, shallowJson } from './json-depth.ts'

/** A condition on data read as JSON: what it has at a path, of names and of places in lists, is this value. */
export interface JsonCondition {
  path: readonly string[]
  equals?: unknown
}

/** Maximum number of steps of a path. */
const MAX_STEPS = 100

/**
 * Returns the condition as SQL takes it: parts that the text must have, the path, and the JSON that is there.
 *
 * @throws PgqError `BAD_INPUT` without a value, or with one that is nested too deeply; `LIMIT_EXCEEDED` for a long path.
 */
export function jsonConditionValues(condition: JsonCondition | null | undefined): unknown[] {
  if (!condition) return [null, null, null]
  const { path, equals } = condition
  if (path.length > MAX_STEPS) {
    throw new PgqError('LIMIT_EXCEEDED', `A path has at most ${MAX_STEPS} steps`, {
      field: 'filter.json.path',
    })
  }
  if (equals === undefined) {
    throw new PgqError('BAD_INPUT', 'Say what is at the path: give equals, which may be null', {
      field: 'filter.json.equals',
    })
  }
  const wanted = shallowJson(equals)
  if (wanted === null) {
    const message = `equals is nested deeper than ${MAX_JSON_DEPTH} lists and objects; give a longer path and less of it`
    throw new PgqError('BAD_INPUT', message, { field: 'filter.json.equals' })
  }
  const names = path.filter((step) => !/^-?\d+$/.test(step))
  const parts = typeof equals === 'string' ? [...names, equals] : names
  return [parts.filter(isWrittenAsIs), path, wanted]
}

/** Says whether a text stands in JSON as it is, as long as that has no escapes by number. */
function isWrittenAsIs(text: string): boolean {
  return text !== '' && !/["\\/\p{Cc}]/u.test(text)
}
