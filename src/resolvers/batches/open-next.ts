import type { Statement } from '../../postgres/call.ts'
import type { Database, Role } from '../../postgres/connections.ts'
import { type BatchRow, type NextBatchInput, nextValues, openedColumns } from './next-batch.ts'

/** What a stream that holds a batch of a plain consumer asks of whoever settles it in this process. */
export interface Succession {
  /** Which batch is to be opened then. */
  input: NextBatchInput
  streamId: string
  /** Told before the batch counts as settled. Not told: no batch was ready, or it could not be opened. */
  onOpened(batch: BatchRow): void
}

/** By the lease of the batch that is held. */
const successions = new WeakMap<Database, Map<string, Succession>>()

/** A batch of which an answer tells so late may be another's by now: to the others this gateway seemed dead meanwhile. */
export const LATE_ANSWER_MS = 1_000

/** Has the next batch opened by the statement that settles the one of this lease. @returns Takes that back. */
export function awaitSuccession(database: Database, leaseToken: string, succession: Succession): () => void {
  const all = successions.get(database) ?? new Map<string, Succession>()
  successions.set(database, all.set(leaseToken, succession))
  return () => all.delete(leaseToken)
}

/** What settles a batch, by itself and with the next one opened in the same transaction. */
export interface Settlement {
  role: Role
  alone: Statement
  withNext: Statement
}

/** @param call Of an SQL function that takes `$1` to `$n` and says whether it has settled the batch. */
export function settlement(role: Role, name: string, call: string, parameterCount: number): Settlement {
  const [database, queue, consumer, minLag, minCount, minInterval, streamId, gateway] = Array.from(
    { length: 8 },
    (_, n) => `$${parameterCount + 1 + n}`,
  )
  return {
    role,
    alone: { name, text: `select ${call} as finished` },
    withNext: {
      name: `${name}-and-next`,
      text: `with settled as materialized (select ${call} as finished)
        select finished, ${database}::text as database, ${openedColumns}
          from settled
         cross join pgq_gateway.next_after_finish(finished, ${queue}, ${consumer}, make_interval(secs => ${minLag}),
                 ${minCount}, make_interval(secs => ${minInterval}), ${streamId}, ${gateway})`,
    },
  }
}

/**
 * Settles a batch and, where a stream of this process holds its lease, opens the next one for that stream.
 *
 * @param values What the settlement takes.
 * @returns False when it was settled before; then nothing is opened.
 */
export async function settle(
  database: Database,
  { role, alone, withNext }: Settlement,
  leaseToken: string | null,
  values: readonly unknown[],
): Promise<boolean> {
  const find = () => (leaseToken === null ? undefined : successions.get(database)?.get(leaseToken))
  const succession = find()
  if (!succession) {
    const [row] = await database.call<{ finished: boolean }>(role, alone, values)
    return row?.finished ?? false
  }
  const { input, streamId } = succession
  const askedAt = performance.now()
  const [row] = await database.call<{ finished: boolean } & (BatchRow | { batchId: null })>(role, withNext, [
    ...values,
    ...nextValues(database, input, streamId),
  ])
  if (!row) return false
  const { finished, ...batch } = row
  const isLate = performance.now() - askedAt > LATE_ANSWER_MS
  // A stream that is gone, or was told of the end before, leaves the batch to whoever asks next.
  if (batch.batchId !== null && !isLate && find() === succession) succession.onOpened(batch)
  return finished
}
