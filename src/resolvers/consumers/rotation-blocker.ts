import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'
import type { Loader } from '../loader.ts'
import { type ConsumerRow, consumerByName, isShown } from './consumers.ts'

/** Why the oldest event table of a queue is not rotated; see `pgq_gateway.rotation_blockers`. */
export type RotationBlockerKind =
  | 'OPEN_BATCH'
  | 'CONSUMER_BEHIND'
  | 'LONG_TRANSACTION'
  | 'PREPARED_TRANSACTION'
  | 'NO_TICK'

/** What blocks the rotation of a queue, whoever asks. */
export interface Blocker {
  queueName: string
  kind: RotationBlockerKind
  since: string | null
  /** Null unless it is a transaction, and for callers who do not manage the queue. */
  session: string | null
  /** The consumer that is furthest behind, whatever the kind; null where it was unregistered meanwhile. */
  slowest: ConsumerRow | null
}

export interface RotationBlocker extends Omit<Blocker, 'slowest'> {
  database: string
  queueId: number
  /** Null where it is no consumer, or none that the caller may see. */
  consumer: ConsumerRow | null
}

interface QueueKey {
  database: string
  queueId: number
  name: string
}

const blockersStatement: Statement = {
  name: 'rotation-blockers',
  role: 'reader',
  kind: 'listing',
  text: `select queue_name as "queueName", kind, consumer_name as consumer, since, session
    from pgq_gateway.rotation_blockers($1)`,
}

/** Finds what keeps a queue's oldest table from its rotation although that is due. */
export const blockerOf: Loader<string, Blocker | null> = async (database, queues) => {
  const rows = await database.call<Omit<Blocker, 'slowest'> & { consumer: string }>(blockersStatement, [
    queues,
  ])
  const blockers = new Map(rows.map((row) => [row.queueName, row]))
  if (blockers.size === 0) return () => null
  const keyOf = ({ queueName: queue, consumer: name }: (typeof rows)[number]) => ({ queue, name })
  const consumerOf = await consumerByName(database, rows.map(keyOf))
  return (queue) => {
    const found = blockers.get(queue)
    return found ? { ...found, slowest: consumerOf(keyOf(found)) } : null
  }
}

/** Tells whether a consumer blocks it. */
export function isConsumer({ kind }: Pick<Blocker, 'kind'>): boolean {
  return kind === 'OPEN_BATCH' || kind === 'CONSUMER_BEHIND'
}

/** Finds the consumer that blocks the rotation of a queue; null where none does, or none that the caller may see. */
export async function findBlockingConsumer(
  context: Context,
  { database, name }: QueueKey,
): Promise<ConsumerRow | null> {
  const blocker = await context.database(database).load(blockerOf, name)
  return blocker ? shownConsumer(context, blocker) : null
}

function shownConsumer(context: Context, blocker: Blocker): ConsumerRow | null {
  const { slowest } = blocker
  return isConsumer(blocker) && slowest && isShown(context, slowest) ? slowest : null
}

/** Finds what blocks the rotation of a queue; null where nothing does. */
export async function findRotationBlocker(
  context: Context,
  { database, queueId, name }: QueueKey,
): Promise<RotationBlocker | null> {
  const blocker = await context.database(database).load(blockerOf, name)
  if (!blocker) return null
  const { slowest: _, session, ...rest } = blocker
  const consumer = shownConsumer(context, blocker)
  const isManaged = context.caller.access.allows(['manage'], { database, queue: name })
  return { ...rest, database, queueId, consumer, session: isManaged ? session : null }
}

/** Says in a sentence what blocks the rotation, and what helps; it names no session. */
export function describeBlocker({ kind, consumer }: RotationBlocker): string {
  const who = consumer ? `Consumer ${consumer.name}` : 'A consumer'
  switch (kind) {
    case 'OPEN_BATCH':
      return `${who} has a batch open; rotation goes on when that is finished and the consumer has caught up.`
    case 'CONSUMER_BEHIND':
      return `${who} is behind and has no batch open; start it, move it (moveConsumer) or unregister it.`
    case 'LONG_TRANSACTION':
      return 'A transaction of this server is older than the last rotation; rotation goes on soon after it ends.'
    case 'PREPARED_TRANSACTION':
      return 'A prepared transaction is older than the last rotation; it needs COMMIT PREPARED or ROLLBACK PREPARED.'
    case 'NO_TICK':
      return 'Consumers are up to date, but no tick has seen the last rotation; rotation goes on after the next ticks.'
  }
}
