import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'
import { settledBatch } from './batch-grants.ts'
import { checkLeaseToken } from './leases.ts'
import { checkSeconds } from './outcomes.ts'

interface HeldBatch {
  database: string
  batchId: Int8
  leaseToken?: string | null | undefined
}

const retryEventStatement: Statement = {
  name: 'retry-event',
  role: 'reader',
  kind: 'settlement',
  text: `select pgq_gateway.retry_events($1, $2, array[$3::bigint],
    array[coalesce($4::float8, extract(epoch from $5::timestamptz - now())::float8)]) as count`,
}

/**
 * Sends one event back to its consumer, after a delay or at a given time. The batch stays open.
 *
 * @returns False when the event waits in the retry queue already.
 * @throws PgqError `BATCH_NOT_FOUND`, `EVENT_NOT_FOUND`, `STALE_LEASE`; `BAD_INPUT` unless exactly one of the two is
 *   given.
 */
export async function retryEvent(
  context: Context,
  input: HeldBatch & {
    eventId: Int8
    afterSeconds?: number | null | undefined
    at?: string | null | undefined
  },
): Promise<boolean> {
  if ((input.afterSeconds == null) === (input.at == null)) {
    throw new PgqError('BAD_INPUT', 'Give either afterSeconds or at', { field: 'afterSeconds' })
  }
  if (input.afterSeconds != null) checkSeconds('afterSeconds', input.afterSeconds)
  const view = context.database(input.database)
  const batchId = await settledBatch(context, input)
  const [row] = await view.call<{ count: number }>(
    retryEventStatement,
    [batchId, checkLeaseToken(input.leaseToken), input.eventId, input.afterSeconds ?? null, input.at ?? null],
    view.state.holders.get(batchId)?.queue,
  )
  return row?.count === 1
}

const retryBatchStatement: Statement = {
  name: 'retry-batch',
  role: 'reader',
  kind: 'settlement',
  text: 'select pgq_gateway.retry_batch($1, $2, $3) as count',
}

/** Sends every event of the batch back. Returns the number of newly queued events; the batch stays open. */
export async function retryBatch(
  context: Context,
  input: HeldBatch & { afterSeconds: number },
): Promise<number> {
  checkSeconds('afterSeconds', input.afterSeconds)
  const view = context.database(input.database)
  const batchId = await settledBatch(context, input)
  const [row] = await view.call<{ count: number }>(
    retryBatchStatement,
    [batchId, checkLeaseToken(input.leaseToken), Math.ceil(input.afterSeconds)],
    view.state.holders.get(batchId)?.queue,
  )
  return row?.count ?? 0
}
