import { PgqError } from '../errors.ts'

/** Encodes a node's key inside its id: names and numbers, each percent-encoded, so that any name will do. */
export function encodeKey(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join('/')
}

/** Decodes a node's key. @throws PgqError `BAD_INPUT` for a key that `encodeKey` did not make of `count` parts. */
export function decodeKey(key: string, count: number): string[] {
  try {
    const parts = key.split('/').map(decodeURIComponent)
    if (parts.length === count && !parts.some((part) => part.includes('\0'))) return parts
  } catch {
    // Malformed percent-encoding is reported below.
  }
  throw new PgqError('BAD_INPUT', 'This is not an id of this API; pass one that a Node returned', {
    field: 'id',
  })
}
