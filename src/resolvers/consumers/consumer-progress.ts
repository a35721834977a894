import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'
import type { Loader } from '../loader.ts'

/** What is true of a consumer now; see `pgq_gateway.consumer_progress`. */
export interface ConsumerProgress {
  connected: boolean
  /** Null without a batch. */
  openBatchSeconds: number | null
  /** Null when it has finished all events. */
  oldestPendingSeconds: number | null
}

interface ConsumerId {
  queueId: number
  consumerId: number
}

export const progressColumn = `json_build_object('connected', is_connected, 'openBatchSeconds', open_batch_seconds,
  'oldestPendingSeconds', oldest_pending_seconds) as progress`

const progressStatement: Statement = {
  name: 'consumer-progress',
  role: 'reader',
  kind: 'listing',
  text: `select queue_id as "queueId", consumer_id as "consumerId", ${progressColumn}
    from pgq_gateway.consumer_progress($1, $2)`,
}

const progress: Loader<ConsumerId, ConsumerProgress> = async (database, consumers) => {
  const key = (consumer: ConsumerId) => `${consumer.queueId} ${consumer.consumerId}`
  // Each field of a consumer asks.
  const distinct = [...new Map(consumers.map((consumer) => [key(consumer), consumer])).values()]
  const rows = await database.call<ConsumerId & { progress: ConsumerProgress }>(progressStatement, [
    distinct.map(({ queueId }) => queueId),
    distinct.map(({ consumerId }) => consumerId),
  ])
  const found = new Map(rows.map((row) => [key(row), row.progress]))
  return (consumer) => found.get(key(consumer)) ?? unregistered
}

/** Progress of a consumer that was unregistered in the middle of a request. */
const unregistered: ConsumerProgress = {
  connected: false,
  openBatchSeconds: null,
  oldestPendingSeconds: null,
}

/** Finds what is true of a consumer now, together with the other consumers of a request. */
export async function progressOf(
  context: Context,
  consumer: ConsumerId & { database: string; progress?: ConsumerProgress },
): Promise<ConsumerProgress> {
  return consumer.progress ?? context.database(consumer.database).load(progress, consumer)
}
