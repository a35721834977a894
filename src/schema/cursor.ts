import { PgqError } from '../errors.ts'
import { parseInt8 } from '../int8.ts'

/** Decodes the sort key in a cursor: `count` strings, or null for a missing cursor. @throws PgqError `BAD_INPUT`. */
export function decodeCursor(
  cursor: string | null | undefined,
  field: string,
  count: number,
): string[] | null {
  if (cursor == null) return null
  const key = parse(cursor)
  if (
    !Array.isArray(key) ||
    key.length !== count ||
    !key.every((part) => typeof part === 'string' && !part.includes('\0'))
  ) {
    throw badCursor(field)
  }
  return key
}

/** Decodes a cursor whose sort key is one int8. */
export function decodeInt8Cursor(cursor: string | null | undefined, field: string): string | null {
  const key = decodeCursor(cursor, field, 1)?.[0]
  if (key === undefined) return null
  const value = parseInt8(key)
  if (value === null) throw badCursor(field)
  return value
}

/** Refuses to page backwards through a list that has no end known. @throws PgqError `BAD_INPUT` for what is given. */
export function refuseBackward(given: unknown): void {
  if (given == null) return
  throw new PgqError('BAD_INPUT', 'This list goes forward only; page through it with first and after', {
    field: 'last',
  })
}

function badCursor(field: string): PgqError {
  return new PgqError(
    'BAD_INPUT',
    `${field} is not a cursor of this list; pass one that its edges or pageInfo returned`,
    { field },
  )
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return null
  }
}
