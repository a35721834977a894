import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Context } from '../context.ts'
import { settledBatch } from './batch-grants.ts'
import { type FollowUp, finishAndPublish, requirePublishing, requirePublishingStaged } from './follow-ups.ts'
import { checkLeaseToken } from './leases.ts'
import { type Outcomes, outcomeColumns } from './outcomes.ts'
import { settle, settlement } from './settle.ts'

export interface FinishBatchInput extends Outcomes {
  database: string
  batchId: Int8
  leaseToken?: string | null | undefined
  publish?: readonly FollowUp[] | null | undefined
  /** Numbers of the parts that `stageSettlement` has stored, in the order in which they are published. */
  stagedParts?: readonly number[] | null | undefined
}

export const finishing = settlement(
  'reader',
  'finish-batch',
  'pgq_gateway.finish_batch($1, $2, $3, $4, $5, $6, $7)',
  7,
)
const finishingStaged = settlement(
  'reader',
  'finish-staged',
  'pgq_gateway.finish_staged($1, $2, $3, $4, $5, $6, $7, $8)',
  8,
  'FORBIDDEN',
)

/**
 * Settles a batch in one transaction: retries and dead letters are recorded, `publish` is inserted, the batch is
 * closed.
 *
 * @returns False when it was settled before, with this lease or without one; then nothing of the input was done.
 * @throws PgqError `STALE_LEASE` when another call opened the batch since; `EVENT_NOT_FOUND`, `QUEUE_NOT_FOUND`;
 *   `INVALID_PAYLOAD`; `NOT_FOUND` of the field `stagedParts` when the parts must be staged again.
 */
export async function finishBatch(context: Context, input: FinishBatchInput): Promise<boolean> {
  const publish = input.publish ?? []
  requirePublishing(context, input.database, publish)
  const batchId = await settledBatch(context, input)
  const outcomes = outcomeColumns(context, input)
  context.budget.spendEvents('publish', publish.length)
  const view = context.database(input.database)
  const batch = { batchId, leaseToken: checkLeaseToken(input.leaseToken) }
  const parts = checkParts(context, input, batch.leaseToken)
  if (parts) await requirePublishingStaged(context, view, { leaseToken: batch.leaseToken, parts })
  const values = [batchId, batch.leaseToken, view.database.gatewayId, ...outcomes]
  if (publish.length > 0) await context.budget.spendPublished(publish.length)
  let finished: boolean
  if (publish.length > 0) finished = await finishAndPublish(view, batch, { values, publish, parts })
  else if (parts) finished = await settle(view, finishingStaged, { ...batch, values: [...values, parts] })
  else finished = await settle(view, finishing, { ...batch, values })
  if (finished)
    for (const queue of new Set(publish.map((event) => event.queue))) view.state.onPublished(queue)
  return finished
}

/** @returns Null for no parts. */
function checkParts(
  { budget }: Context,
  { stagedParts }: FinishBatchInput,
  leaseToken: string | null,
): readonly number[] | null {
  if (!stagedParts || stagedParts.length === 0) return null
  const field = 'stagedParts'
  budget.spendEvents(field, stagedParts.length)
  if (new Set(stagedParts).size < stagedParts.length)
    throw new PgqError('BAD_INPUT', 'stagedParts names a part twice; name each once', { field })
  if (leaseToken === null)
    throw new PgqError('BAD_INPUT', 'Parts are staged under a lease; pass the leaseToken of the batch', {
      field: 'leaseToken',
    })
  return stagedParts
}
