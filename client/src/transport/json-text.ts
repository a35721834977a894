import { PgqClientError } from '../errors.ts'

/** Writes JSON to send. @throws PgqClientError `BAD_INPUT` for a value that has no JSON, such as a BigInt or a circle. */
export function jsonText(value: unknown, field: string): string {
  let text: string | undefined
  let cause: unknown
  try {
    text = JSON.stringify(value)
  } catch (error) {
    cause = error
  }
  if (text !== undefined) return text
  const reason = cause instanceof Error ? `: ${cause.message}` : ''
  throw new PgqClientError('BAD_INPUT', `${field} cannot be written as JSON${reason}`, { field, cause })
}
