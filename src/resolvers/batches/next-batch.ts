import type { Context } from '../context.ts'
import type { DatabaseState } from '../database-state.ts'
import { checkIntervals } from '../seconds.ts'
import {
  type BatchRow,
  type NextBatchInput,
  type NextCoopBatchInput,
  openBatch,
  openCoopBatch,
} from './open-batch.ts'

/**
 * Opens the consumer's next batch, or returns the one that it still holds open. Each call makes a new lease token and
 * invalidates the one before, so a retry after a lost reply is safe and a second worker locks out the first.
 *
 * @returns Null when no tick is ready: wait for one.
 * @throws PgqError `QUEUE_NOT_FOUND`, `CONSUMER_NOT_FOUND`; `CONSUMER_BUSY` while a stream has claimed this consumer;
 *   `BAD_INPUT` for a cooperative consumer.
 */
export async function nextBatch(context: Context, input: NextBatchInput): Promise<BatchRow | null> {
  checkIntervals(input, ['minLagSeconds', 'minIntervalSeconds'])
  const { database, state } = context.database(input.database)
  return opened(state, input, await openBatch(database, input, null))
}

/** Opens a batch as `nextBatch` does, for a member of a cooperative consumer; both are registered where missing. */
export async function nextCoopBatch(context: Context, input: NextCoopBatchInput): Promise<BatchRow | null> {
  checkIntervals(input, ['minLagSeconds', 'minIntervalSeconds', 'deadIntervalSeconds'])
  const { database, state } = context.database(input.database)
  return opened(state, input, await openCoopBatch(database, input, null))
}

function opened(
  state: DatabaseState,
  { queue, consumer }: NextBatchInput,
  batch: BatchRow | null,
): BatchRow | null {
  if (batch) state.holders.set(batch.batchId, { queue, consumer })
  return batch
}
