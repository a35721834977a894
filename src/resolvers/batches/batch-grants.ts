import type { Place } from '../../access/access.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'
import type { DatabaseView } from '../database-view.ts'
import { requireGrant } from '../grants.ts'
import { loadOne } from '../loader.ts'
import { type BatchRow, batchById } from './open-batch.ts'

/** The consumer that has a batch open; a member counts as its consumer. */
interface BatchHolder {
  batchId: Int8
  queue: string
  consumer: string
}

const holdersStatement: Statement = {
  name: 'batch-holders',
  role: 'reader',
  text: `select current_batch as "batchId", queue_name as queue, coalesce(main_name, consumer_name) as consumer
    from pgq_gateway.consumer_info where current_batch = any ($1)`,
}

const holderOfBatch = loadOne<Int8, BatchHolder>(
  (database, batchIds) => database.call<BatchHolder>(holdersStatement, [batchIds]),
  (id) => id,
  (row) => row.batchId,
)

async function placeOf(view: DatabaseView, batchId: Int8): Promise<Place | null> {
  const holder = await view.load(holderOfBatch, batchId)
  return holder && { database: view.name, queue: holder.queue, consumer: holder.consumer }
}

/** Finds an open batch; null where it is not open, or is not the caller's to see. */
export async function findBatch(context: Context, database: string, batchId: Int8): Promise<BatchRow | null> {
  const { access } = context.caller
  const view = context.database(database)
  if (access.allows(['read', 'consume'], { database })) return view.load(batchById, batchId)
  const place = await placeOf(view, batchId)
  return place && access.allows(['read', 'consume'], place) ? view.load(batchById, batchId) : null
}

/** An id that no batch has. */
const NO_BATCH: Int8 = '0'

/**
 * Finds the batch that a settlement is about. One that the caller may not see is no batch, so that the settlement answers in
 * the words, and after the time, for one that is not open.
 *
 * @throws PgqError `FORBIDDEN` for a batch that the caller may only read.
 */
export async function settledBatch(
  context: Context,
  {
    database,
    batchId,
    leaseToken,
  }: { database: string; batchId: Int8; leaseToken?: string | null | undefined },
): Promise<Int8> {
  const { access } = context.caller
  const view = context.database(database)
  if (access.allows(['consume'], { database })) return batchId
  // Without a token SQL would not find out that this is another batch: a database that lost its last commits reuses ids.
  const known = leaseToken == null ? undefined : view.state.holders.get(batchId)
  if (known && access.allows(['consume'], { database, ...known })) return batchId
  const place = await placeOf(view, batchId)
  if (!place || access.allows(['consume'], place)) return batchId
  if (!access.allows(['read'], place)) return NO_BATCH
  requireGrant(context.caller, { verbs: ['consume'], place })
  return NO_BATCH
}
