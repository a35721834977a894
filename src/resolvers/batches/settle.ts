import type { ErrorCode } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Role, Statement } from '../../postgres/call.ts'
import type { Database, Purpose } from '../../postgres/database.ts'
import { isOutage } from '../../postgres/outage.ts'
import type { DatabaseView } from '../database-view.ts'
import type { HeldBatch } from './held-batches.ts'
import { type BatchRow, nextValues, openedColumns } from './open-batch.ts'

/** After a reply this late, other gateways may have presumed this one dead and taken the batch. */
export const LATE_ANSWER_MS = 1_000

/** The statements that settle a batch: alone, or with the next one opened in the same transaction. */
export interface Settlement {
  alone: Statement
  withNext: Statement
}

/**
 * Makes the statements that settle a batch.
 *
 * @param call SQL call of a function that takes `$1` to `$n` and returns whether it has settled the batch.
 * @param refusalCode Code for an event that it inserts and that is refused.
 */
export function settlement(
  role: Role,
  name: string,
  call: string,
  parameterCount: number,
  refusalCode?: ErrorCode,
): Settlement {
  const [database, queue, consumer, minLag, minCount, minInterval, streamId, gateway] = Array.from(
    { length: 8 },
    (_, n) => `$${parameterCount + 1 + n}`,
  )
  return {
    alone: { name, role, kind: 'settlement', text: `select ${call} as finished`, refusalCode },
    withNext: {
      role,
      kind: 'settlement',
      refusalCode,
      name: `${name}-and-next`,
      text: `with settled as materialized (select ${call} as finished)
        select finished, ${database}::text as database, ${openedColumns}
          from settled
         cross join pgq_gateway.next_after_finish(finished, ${queue}, ${consumer}, make_interval(secs => ${minLag}),
                 ${minCount}, make_interval(secs => ${minInterval}), ${streamId}, ${gateway})`,
    },
  }
}

interface Settling {
  batchId: Int8
  leaseToken: string | null
  /** Arguments of the settlement's SQL call. */
  values: readonly unknown[]
}

/**
 * Settles a batch and, where a stream of this process holds its lease, opens the next one and gives it to that
 * stream.
 *
 * @returns False when it was settled before; then no batch is opened.
 */
export async function settle(
  { database, state }: DatabaseView,
  { alone, withNext }: Settlement,
  { batchId, leaseToken, values }: Settling,
): Promise<boolean> {
  const found = leaseToken === null ? undefined : state.held.find(leaseToken)
  const held = found?.batchId === batchId ? found : undefined
  const purpose = { queue: state.holders.get(batchId)?.queue }
  try {
    const { finished, next } = held?.next
      ? await settleAndOpen(database, withNext, values, held.next, purpose)
      : await settleAlone(database, alone, values, purpose)
    if (!finished) {
      state.held.doubt(batchId)
      return false
    }
    // Where the stream has ended or knew of the settlement before, the next caller gets the opened batch.
    if (held) state.held.end(held, { next })
    for (const other of state.held.ofBatch(batchId)) state.held.end(other, { next: undefined })
    return true
  } catch (error) {
    // It may have been settled, and the reply lost. A stale lease is found out at the renewal, when whoever took the
    // batch has had time to settle it.
    if (isOutage(error)) state.held.doubt(batchId)
    throw error
  }
}

interface Settled {
  finished: boolean
  next?: BatchRow | undefined
}

async function settleAlone(
  database: Database,
  alone: Statement,
  values: readonly unknown[],
  purpose: Purpose,
): Promise<Settled> {
  const [row] = await database.call<{ finished: boolean }>(alone, values, purpose)
  return { finished: row?.finished ?? false }
}

async function settleAndOpen(
  database: Database,
  withNext: Statement,
  values: readonly unknown[],
  { input, streamId }: NonNullable<HeldBatch['next']>,
  purpose: Purpose,
): Promise<Settled> {
  const askedMs = performance.now()
  const [row] = await database.call<{ finished: boolean } & (BatchRow | { batchId: null })>(
    withNext,
    [...values, ...nextValues(database, input, streamId)],
    purpose,
  )
  if (!row) return { finished: false }
  const { finished, ...opened } = row
  const isLate = performance.now() - askedMs > LATE_ANSWER_MS
  return { finished, next: opened.batchId === null || isLate ? undefined : opened }
}
