import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'
import type { Loader } from '../loader.ts'
import { type ConsumerRow, consumerByName, isShown } from './consumers.ts'

const blockersStatement: Statement = {
  name: 'rotation-blockers',
  role: 'reader',
  kind: 'listing',
  text: `select distinct on (q.queue_id) q.queue_name as "queueName", coalesce(c.main_name, c.consumer_name) as name
    from pgq.queue q
    join pgq_gateway.consumer_info c on c.queue_id = q.queue_id
    join pgq.tick t on t.tick_queue = q.queue_id and t.tick_id = c.last_tick
   where q.queue_name = any ($1)
     and q.queue_switch_time + q.queue_rotation_period < now()
     and txid_snapshot_xmin(t.tick_snapshot) <= q.queue_switch_step2
   order by q.queue_id, c.last_tick`,
}

/** Finds the consumer that is furthest behind and so keeps the oldest table, where a queue's rotation is due. */
export const rotationBlocker: Loader<string, ConsumerRow | null> = async (database, queues) => {
  const rows = await database.call<{ queueName: string; name: string }>(blockersStatement, [queues])
  const keys = new Map(rows.map((row) => [row.queueName, { queue: row.queueName, name: row.name }]))
  if (keys.size === 0) return () => null
  const consumerOf = await consumerByName(database, [...keys.values()])
  return (queue) => {
    const key = keys.get(queue)
    return key ? consumerOf(key) : null
  }
}

/** Finds who blocks the rotation of a queue; null where nobody does, or nobody whom the caller may see. */
export async function findRotationBlocker(
  context: Context,
  { database, name }: { database: string; name: string },
): Promise<ConsumerRow | null> {
  const blocker = await context.database(database).load(rotationBlocker, name)
  return blocker && isShown(context, blocker) ? blocker : null
}
