import { groupBy } from '../../group-by.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'
import type { Loader } from '../loader.ts'
import { requireRange } from '../range.ts'

/** A span of time of a queue; see `pgq_gateway.queue_history`. */
export interface QueueSample {
  time: string
  /** Its length, so far. */
  seconds: number
  events: Int8
  ticks: Int8
}

export interface HistoryInput {
  seconds: number
  points: number
}

/** Longest history, a week (seconds): the log of a queue is rarely longer. */
const MAX_SECONDS = 604_800
/** Most spans into which a history is cut. */
export const MAX_POINTS = 240

const historyStatement: Statement = {
  name: 'queue-history',
  role: 'reader',
  kind: 'listing',
  text: `select queue_id as "queueId", start_time as time, seconds, events, ticks
    from pgq_gateway.queue_history($1, $2, $3)`,
}

interface HistoryKey extends HistoryInput {
  queueId: number
}

/** Reads the histories of queues together where they have the same length. */
const histories: Loader<HistoryKey, QueueSample[]> = async (database, keys) => {
  const textOf = ({ seconds, points }: HistoryInput) => `${seconds} ${points}`
  const found = new Map<string, Map<number, QueueSample[]>>()
  for (const [text, alike] of groupBy(keys, textOf)) {
    const [first] = alike
    const rows = await database.call<QueueSample & { queueId: number }>(historyStatement, [
      alike.map(({ queueId }) => queueId),
      first?.seconds,
      first?.points,
    ])
    found.set(
      text,
      groupBy(rows, ({ queueId }) => queueId),
    )
  }
  return (key) => found.get(textOf(key))?.get(key.queueId) ?? []
}

/** Tells how many events and ticks a queue had, in equal spans. @throws PgqError `BAD_INPUT` for a length out of range. */
export async function queueHistory(
  context: Context,
  { database, queueId }: { database: string; queueId: number },
  { seconds, points }: HistoryInput,
): Promise<QueueSample[]> {
  requireRange('seconds', seconds, MAX_SECONDS)
  requireRange('points', points, MAX_POINTS)
  return context.database(database).load(histories, { queueId, seconds, points })
}
