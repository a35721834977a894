import { PgqError } from '../errors.ts'

/** Some 300 years: PostgreSQL can add as much to any time of today, and to nothing much longer. */
const MAX_SECONDS = 1e10

/** @throws PgqError `BAD_INPUT` for one of these fields that no interval can hold; null is fine. */
export function checkIntervals<Field extends string>(
  input: { readonly [Each in Field]?: number | null | undefined },
  fields: readonly Field[],
): void {
  for (const field of fields) {
    const seconds = input[field]
    if (seconds == null || Math.abs(seconds) <= MAX_SECONDS) continue
    throw new PgqError('BAD_INPUT', `${field} must be at most ${MAX_SECONDS} seconds, got ${seconds}`, {
      field,
    })
  }
}
