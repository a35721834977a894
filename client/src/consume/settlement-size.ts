import { PgqClientError } from '../errors.ts'
import type { FinishBatchInput } from '../generated/operations.ts'

/** The limits of a server that was not told otherwise. The request has other parts too, which take less than this. */
export const USUAL_MAX_BYTES = 8 * 1024 * 1024 - 64 * 1024
export const USUAL_MAX_ENTRIES = 10_000

const encoder = new TextEncoder()

export function byteLength(text: string): number {
  return encoder.encode(text).length
}

/** Counts the bytes that a value has as JSON. */
export function jsonBytes(value: unknown): number {
  return byteLength(JSON.stringify(value))
}

/** Says what the settlement of a batch needed, and what to do, when it is too large for the server. */
export function tooLargeToSettle(
  batchId: string,
  { retries, failures, publish }: Pick<FinishBatchInput, 'retries' | 'failures' | 'publish'>,
  cause: PgqClientError,
): PgqClientError {
  const counts = `${retries?.length ?? 0} retries, ${failures?.length ?? 0} failures and ${publish?.length ?? 0} follow-ups`
  const bytes = jsonBytes({ retries, failures, publish })
  const what = `Batch ${batchId} cannot be settled with ${counts}, ${bytes} bytes together (${cause.message})`
  const advice =
    'Retry, fail or publish less in a batch, lower tickerMaxCount of the queue for smaller batches, or raise maxEventsPerRequest or maxRequestBytes of the server'
  return new PgqClientError('LIMIT_EXCEEDED', `${what}. ${advice}`, { field: cause.field, cause })
}
