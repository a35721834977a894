import { PgqClientError } from '../errors.ts'
import type { FinishBatchInput } from '../generated/operations.ts'

const encoder = new TextEncoder()

/** Counts the bytes that a value has as JSON. */
export function jsonBytes(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length
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
