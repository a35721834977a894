import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'
import { settledBatch } from './batch-grants.ts'
import { type FollowUp, requirePublishing, sendChecked } from './follow-ups.ts'
import { checkLeaseToken } from './leases.ts'
import { type Outcomes, outcomeColumns } from './outcomes.ts'

export interface StageSettlementInput extends Outcomes {
  database: string
  batchId: Int8
  leaseToken: string
  /** Any number; the same one again replaces the part. */
  part: number
  /** Numbers of parts that are dropped. */
  replaces?: readonly number[] | null | undefined
  publish?: readonly FollowUp[] | null | undefined
}

const stageOutcomes: Statement = {
  name: 'stage-outcomes',
  role: 'reader',
  kind: 'settlement',
  text: 'select pgq_gateway.stage_outcomes($1, $2, $3, $4, $5, $6, $7, $8) as staged',
}
const stageAll: Statement = {
  name: 'stage-settlement',
  role: 'reader',
  kind: 'settlement',
  text: 'select pgq_gateway.stage_settlement($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) as staged',
}

/**
 * Stores a part of a settlement that is too large for one request, until `finishBatch` names it. It is lost with its
 * lease.
 *
 * @returns False when the batch was settled before.
 * @throws PgqError as `finishBatch`; `LIMIT_EXCEEDED` of the field `part` when all parts are too large together.
 */
export async function stageSettlement(context: Context, input: StageSettlementInput): Promise<boolean> {
  const publish = input.publish ?? []
  requirePublishing(context, input.database, publish)
  const batchId = await settledBatch(context, input)
  const outcomes = outcomeColumns(context, input)
  const replaces = input.replaces ?? []
  context.budget.spendEvents('publish', publish.length)
  context.budget.spendEvents('replaces', replaces.length)
  const view = context.database(input.database)
  const leaseToken = checkLeaseToken(input.leaseToken)
  const values = [batchId, leaseToken, input.part, replaces, ...outcomes]
  const queue = view.state.holders.get(batchId)?.queue
  if (publish.length > 0) await context.budget.spendPublished(publish.length)
  const [row] =
    publish.length === 0
      ? await view.call<{ staged: boolean }>(stageOutcomes, values, queue)
      : await sendChecked(view, publish, (columns) =>
          view.call<{ staged: boolean }>(stageAll, [...values, ...columns], queue),
        )
  return row?.staged ?? false
}
