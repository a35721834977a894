import { PgqError } from '../errors.ts'

/** Largest interval (seconds), about 300 years: PostgreSQL can add this to any present time, but not much more. */
const MAX_SECONDS = 1e10

/** Checks that intervals can hold these fields; null is fine. @throws PgqError `BAD_INPUT` for one too long. */
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
