import type { TypedDocument } from '../document.ts'
import type { PgqClientError } from '../errors.ts'
import {
  type ConsumerFieldsFragment,
  ConsumerStatsDocument,
  type QueueFieldsFragment,
  QueueStatsDocument,
  QueuesDocument,
} from '../generated/operations.ts'
import { interruptible } from '../interruptible.ts'
import { reconnecting } from '../transport/reconnect.ts'
import type { Transport } from '../transport/transport.ts'
import { entriesOf } from './pages.ts'

/** A queue with its settings and figures. Counts and ids are int8 as decimal strings; null where there are too few ticks. */
export type QueueInfo = Readonly<QueueFieldsFragment>

/** A consumer with its position in the log. Counts and ids are int8 as decimal strings. */
export type ConsumerInfo = Readonly<ConsumerFieldsFragment> & { readonly queue: string }

export interface QueuesOptions {
  /** An SQL LIKE pattern: % is any text, _ any character. */
  nameLike?: string | undefined
  /** The number of queues to ask for at once: at most, and by default, the server's limit. */
  pageSize?: number | undefined
  /** Ends the iteration with its reason when aborted. */
  signal?: AbortSignal | undefined
}

export interface StatsOptions {
  /** The time between two samples, from 0.1 to 3,600 seconds. Default 1. */
  intervalSeconds?: number | undefined
  /** Ends the iteration. */
  signal?: AbortSignal | undefined
  /** Is called when the connection was lost; it is made again after this delay. */
  onLost?: ((error: PgqClientError, retryInMs: number) => void) | undefined
}

export interface QueueStatsOptions extends StatsOptions {
  /** Limits the figures to those of these queues. */
  queues?: readonly string[] | undefined
}

export interface ConsumerStatsOptions extends StatsOptions {
  /** Limits the figures to those of consumers of this queue. */
  queue?: string | undefined
}

interface Place {
  transport: Transport
  database: string
}

export function queues(
  { transport, database }: Place,
  { nameLike, pageSize, signal }: QueuesOptions,
): AsyncIterableIterator<QueueInfo, void> {
  return entriesOf(signal, async (after, ending) => {
    const variables = { database, nameLike, first: pageSize, after }
    return (await transport.request(QueuesDocument, variables, ending)).queues
  })
}

export function queueStats(
  { transport, database }: Place,
  { queues, intervalSeconds = 1, ...options }: QueueStatsOptions,
): AsyncIterableIterator<QueueInfo[], void> {
  const variables = { database, queues: queues && [...queues], intervalSeconds }
  return samples(transport, QueueStatsDocument, {
    ...options,
    variables,
    toSample: (data) => data.queueStats,
  })
}

export function consumerStats(
  { transport, database }: Place,
  { queue, intervalSeconds = 1, ...options }: ConsumerStatsOptions,
): AsyncIterableIterator<ConsumerInfo[], void> {
  return samples(transport, ConsumerStatsDocument, {
    ...options,
    variables: { database, queue, intervalSeconds },
    toSample: (data) => data.consumerStats.map((consumer) => ({ ...consumer, queue: consumer.queue.name })),
  })
}

function samples<Data, Variables, Sample>(
  transport: Transport,
  document: TypedDocument<Data, Variables>,
  options: StatsOptions & { variables: Variables; toSample: (data: Data) => Sample },
): AsyncIterableIterator<Sample, void> {
  const { variables, toSample, onLost } = options
  return interruptible(options.signal, async function* (signal) {
    const connect = () => transport.subscribe(document, variables, { signal })
    for await (const data of reconnecting({ connect, signal, onLost })) yield toSample(data)
  })
}
