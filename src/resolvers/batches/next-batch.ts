import type { Context } from '../context.ts'
import { checkIntervals } from '../seconds.ts'
import {
  type BatchRow,
  type NextBatchInput,
  type NextCoopBatchInput,
  openBatch,
  openCoopBatch,
} from './open-batch.ts'

/**
 * Opens the consumer's next batch, or hands out again the one that it holds. Each call gives a fresh lease token and
 * makes the one before worthless, so a retry after a lost reply is safe and a second worker fences off the first.
 *
 * @returns Null when no tick is ready: wait for one.
 * @throws PgqError `QUEUE_NOT_FOUND`, `CONSUMER_NOT_FOUND`; `CONSUMER_BUSY` while a stream of another worker has this
 *   consumer; `BAD_INPUT` for a cooperative consumer.
 */
export async function nextBatch(context: Context, input: NextBatchInput): Promise<BatchRow | null> {
  checkIntervals(input, ['minLagSeconds', 'minIntervalSeconds'])
  return openBatch(context.database(input.database).database, input, null)
}

/** Opens a batch as `nextBatch` does, for a member of a cooperative consumer; both are registered where missing. */
export async function nextCoopBatch(context: Context, input: NextCoopBatchInput): Promise<BatchRow | null> {
  checkIntervals(input, ['minLagSeconds', 'minIntervalSeconds', 'deadIntervalSeconds'])
  return openCoopBatch(context.database(input.database).database, input, null)
}
