import type { Database } from '../database/database.ts'
import { type BatchRow, batchColumns, type NextBatchInput } from './batch.ts'

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

/** Has the next batch opened by the statement that settles the one of this lease. @returns Takes that back. */
export function awaitSuccession(database: Database, leaseToken: string, succession: Succession): () => void {
  const all = successions.get(database) ?? new Map<string, Succession>()
  successions.set(database, all.set(leaseToken, succession))
  return () => all.delete(leaseToken)
}

const finishStatement = {
  name: 'finish-batch-and-next',
  text: `select finished, $14::text as database, ${batchColumns}, lease_token as "leaseToken"
    from pgq_gateway.finish_and_next($1, $2, $3, $4, $5, $6, $7, $8, $9, make_interval(secs => $10), $11,
                                     make_interval(secs => $12), $13) finish
    left join lateral (select (finish.next).*) next on true`,
}

/**
 * Settles a batch and, in the same transaction, opens the next one for the stream that waits for it.
 *
 * @param finishValues What SQL takes to settle the batch.
 * @returns Undefined, with nothing done, when no stream of this process holds the lease; else whether this call settled it.
 */
export async function finishAndOpenNext(
  database: Database,
  leaseToken: string | null,
  finishValues: readonly unknown[],
): Promise<boolean | undefined> {
  const find = () => (leaseToken === null ? undefined : successions.get(database)?.get(leaseToken))
  const succession = find()
  if (!succession) return undefined
  const { input, streamId } = succession
  const [row] = await database.call<{ finished: boolean } & (BatchRow | { batchId: null })>(
    'reader',
    finishStatement,
    [
      ...finishValues,
      input.queue,
      input.consumer,
      input.minLagSeconds ?? null,
      input.minCount ?? null,
      input.minIntervalSeconds ?? null,
      streamId,
      database.name,
    ],
  )
  if (!row) return false
  const { finished, ...batch } = row
  // A stream that is gone, or was told of the end before, leaves the batch to whoever asks next.
  if (batch.batchId !== null && find() === succession) succession.onOpened(batch)
  return finished
}
