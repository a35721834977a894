import { PgqError } from './errors.ts'

/** Makes an Error of anything that was thrown. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** Says in one line why something failed, in the words of PostgreSQL or the system where they say more. */
export function reasonOf(error: unknown): string {
  if (error instanceof PgqError && error.cause !== undefined) {
    const { code, message } = error
    const cause = reasonOf(error.cause)
    if (code === 'UNAVAILABLE' || code === 'TIMEOUT') return cause
    return cause === message ? message : `${message} (${cause})`
  }
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
