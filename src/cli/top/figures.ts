import { backoffMs, sleep } from '../../async/backoff.ts'
import { groupBy } from '../../group-by.ts'
import type { Api, Variables } from '../api/api.ts'
import { type QueueRow, queueSelection, troubleOfQueueRow } from '../queue-row.ts'
import { badness, type Trouble, troubleOfConsumer } from '../troubles.ts'

/** A queue, with what its consumers add up to. */
export interface QueueFigures {
  name: string
  eventsPerSecond: number
  newEvents: number
  retryCount: number
  deadLetterCount: number
  tickAgeSeconds: number | null
  consumerCount: number
  /** The figure is that of the consumer that has most before it. */
  pendingEvents: number
  /** The figure is that of the consumer that is furthest behind. */
  oldestPendingSeconds: number | null
  /** The worst of the queue and its consumers. */
  trouble: Trouble | null
}

export interface ConsumerFigures {
  queue: string
  name: string
  connected: boolean
  pendingEvents: number
  oldestPendingSeconds: number | null
  openBatchSeconds: number | null
  lastSeenSeconds: number
  catchUpSeconds: number | null
  trouble: Trouble | null
}

/** What is true of a database at a moment. */
export interface Figures {
  at: Date
  queues: readonly QueueFigures[]
  consumers: readonly ConsumerFigures[]
}

interface ConsumerNode extends Omit<ConsumerFigures, 'queue' | 'trouble' | 'pendingEvents'> {
  queue: { name: string }
  pendingEvents: string | null
}

const queueStats = `subscription ($database: String!) {
  rows: queueStats(database: $database) { ${queueSelection} }
}`

const consumerStats = `subscription ($database: String!) {
  rows: consumerStats(database: $database) {
    queue { name } name connected pendingEvents oldestPendingSeconds openBatchSeconds lastSeenSeconds catchUpSeconds
  }
}`

interface Listener {
  onFigures(figures: Figures): void
  /** Told why there are none for now; another attempt follows. */
  onLoss(reason: string): void
}

/**
 * Gives the figures of a database once per second, from the samples that all who watch it share, until the signal.
 *
 * @throws CliError when there is a failure before the first figures.
 */
export async function followFigures(
  api: Api,
  database: string,
  { onFigures, onLoss }: Listener,
  signal: AbortSignal,
): Promise<void> {
  let queues: readonly QueueRow[] | undefined
  let consumers: readonly ConsumerNode[] | undefined
  const tell = () => {
    if (queues && consumers) onFigures(toFigures(queues, consumers))
  }
  const following = {
    variables: { database },
    signal,
    onLoss(error: Error) {
      if (!queues || !consumers) throw error
      onLoss(error.message)
    },
  }
  await Promise.all([
    keepFollowing<QueueRow>(api, queueStats, following, (rows) => {
      queues = rows
      tell()
    }),
    keepFollowing<ConsumerNode>(api, consumerStats, following, (rows) => {
      consumers = rows
      tell()
    }),
  ])
}

interface Following {
  variables: Variables
  signal: AbortSignal
  onLoss(error: Error): void
}

/** Subscribes, and does so again when that has ended, until the signal. */
async function keepFollowing<Node>(
  api: Api,
  subscription: string,
  { variables, signal, onLoss }: Following,
  onRows: (rows: readonly Node[]) => void,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      for await (const { rows } of api.follow<{ rows: Node[] }>(subscription, variables)) {
        if (signal.aborted) return
        attempt = 0
        onRows(rows)
      }
      if (signal.aborted) return
      onLoss(new Error('The gateway has ended the stream.'))
    } catch (error) {
      if (signal.aborted) return
      onLoss(error as Error)
    }
    await sleep(backoffMs(attempt, { firstMs: 500, maxMs: 5_000 }), signal)
  }
}

function toFigures(queues: readonly QueueRow[], nodes: readonly ConsumerNode[]): Figures {
  const consumers = nodes.map(
    ({ queue, pendingEvents, ...node }): ConsumerFigures => ({
      ...node,
      queue: queue.name,
      pendingEvents: Number(pendingEvents ?? 0),
      trouble: troubleOfConsumer(node),
    }),
  )
  const consumersOf = groupBy(consumers, ({ queue }) => queue)
  return {
    at: new Date(),
    queues: queues.map((queue) => toQueueFigures(queue, consumersOf.get(queue.name) ?? [])),
    consumers,
  }
}

function toQueueFigures(queue: QueueRow, consumers: readonly ConsumerFigures[]): QueueFigures {
  const own = troubleOfQueueRow(queue)
  const late = consumers.find(({ trouble }) => trouble !== null)
  const theirs = late?.trouble && { ...late.trouble, words: `${late.name}: ${late.trouble.words}` }
  const ages = consumers.flatMap(({ oldestPendingSeconds }) => oldestPendingSeconds ?? [])
  return {
    name: queue.name,
    eventsPerSecond: queue.currentEventsPerSecond,
    newEvents: Number(queue.newEvents ?? 0),
    retryCount: Number(queue.retryCount),
    deadLetterCount: Number(queue.deadLetterCount),
    tickAgeSeconds: queue.tickerLagSeconds,
    consumerCount: consumers.length,
    pendingEvents: consumers.reduce((most, consumer) => Math.max(most, consumer.pendingEvents), 0),
    oldestPendingSeconds: ages.length === 0 ? null : Math.max(...ages),
    trouble: theirs && badness(theirs) > badness(own) ? theirs : own,
  }
}
