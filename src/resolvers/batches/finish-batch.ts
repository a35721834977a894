import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Context } from '../context.ts'
import { type FollowUp, finishAndPublish } from './follow-ups.ts'
import { checkLeaseToken } from './leases.ts'
import { settle, settlement } from './settle.ts'

export interface FinishBatchInput {
  database: string
  batchId: Int8
  leaseToken?: string | null | undefined
  retries?: readonly { eventId: Int8; afterSeconds: number }[] | null | undefined
  failures?: readonly { eventId: Int8; reason?: string | null | undefined }[] | null | undefined
  publish?: readonly FollowUp[] | null | undefined
}

const finishing = settlement(
  'reader',
  'finish-batch',
  'pgq_gateway.finish_batch($1, $2, $3, $4, $5, $6, $7)',
  7,
)

/**
 * Settles a batch in one transaction: retries and dead letters are recorded, `publish` is inserted, the batch is
 * closed.
 *
 * @returns False when it was settled before, with this lease or without one; then nothing of the input was done.
 * @throws PgqError `STALE_LEASE` when another call opened the batch since; `EVENT_NOT_FOUND`, `QUEUE_NOT_FOUND`;
 *   `INVALID_PAYLOAD`.
 */
export async function finishBatch(context: Context, input: FinishBatchInput): Promise<boolean> {
  const { retries, failures, publish } = {
    retries: input.retries ?? [],
    failures: input.failures ?? [],
    publish: input.publish ?? [],
  }
  context.budget.spendEvents('retries', retries.length)
  context.budget.spendEvents('failures', failures.length)
  context.budget.spendEvents('publish', publish.length)
  for (const [index, retry] of retries.entries())
    checkSeconds(`retries[${index}].afterSeconds`, retry.afterSeconds)
  const view = context.database(input.database)
  const batch = { batchId: input.batchId, leaseToken: checkLeaseToken(input.leaseToken) }
  const values = [
    input.batchId,
    batch.leaseToken,
    view.database.gatewayId,
    retries.map((retry) => retry.eventId),
    retries.map((retry) => retry.afterSeconds),
    failures.map((failure) => failure.eventId),
    failures.map((failure) => failure.reason ?? null),
  ]
  const finished =
    publish.length === 0
      ? await settle(view, finishing, { ...batch, values })
      : await finishAndPublish(view, batch, values, publish)
  if (finished)
    for (const queue of new Set(publish.map((event) => event.queue))) view.state.onPublished(queue)
  return finished
}

/** Checks a delay. @throws PgqError `BAD_INPUT` when it is negative or longer than ten years. */
export function checkSeconds(field: string, seconds: number): void {
  if (!(seconds >= 0 && seconds <= 315_360_000)) {
    throw new PgqError('BAD_INPUT', `${field} must be from 0 to 315360000 seconds, got ${seconds}`, { field })
  }
}
