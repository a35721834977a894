import type pg from 'pg'
import type { Config } from '../config/shape.ts'
import { formatSeconds } from '../duration.ts'
import { reasonOf } from '../reason.ts'
import { CliError, connect, runningDatabase } from './connect.ts'
import { type Column, formatTable } from './table.ts'

/** A row of `pgq.get_queue_info()`. Fields that depend on a tick are null before the first. */
interface QueueStatus {
  name: string
  tables: number
  rotationPeriodSeconds: number
  externalTicker: boolean
  tickerPaused: boolean
  tickerLagSeconds: number | null
  eventsPerSecond: number | null
  /** int8 */
  newEvents: string | null
  /** int8 */
  lastTickId: string | null
  consumers: number
}

/** A row of `pgq.get_consumer_info()`; null where a cooperative member has no batch. */
interface ConsumerStatus {
  queue: string
  name: string
  lagSeconds: number | null
  lastSeenSeconds: number
  /** int8 */
  pendingEvents: string | null
  /** int8 */
  currentBatchId: string | null
}

// Only upstream's functions are used, so that this works before anything of ours is installed, and changes nothing.
const queuesStatement = `
  select queue_name as name, queue_ntables as tables,
         extract(epoch from queue_rotation_period)::float8 as "rotationPeriodSeconds",
         queue_external_ticker as "externalTicker", queue_ticker_paused as "tickerPaused",
         extract(epoch from ticker_lag)::float8 as "tickerLagSeconds", ev_per_sec as "eventsPerSecond",
         ev_new as "newEvents", last_tick_id as "lastTickId",
         (select count(*)::int4 from pgq.get_consumer_info(queue_name)) as consumers
    from pgq.get_queue_info()`

const consumersStatement = `
  select queue_name as queue, consumer_name as name, extract(epoch from lag)::float8 as "lagSeconds",
         extract(epoch from last_seen)::float8 as "lastSeenSeconds", pending_events as "pendingEvents",
         current_batch as "currentBatchId"
    from pgq.get_consumer_info()`

/** Prints queues and consumers, as tables or as one JSON object. */
export async function status(config: Config, { json }: { json: boolean }): Promise<void> {
  const client = await connect(await runningDatabase(config), 'status')
  try {
    const { queues, consumers } = await read(client)
    if (json) console.log(JSON.stringify({ queues, consumers }, null, 2))
    else console.log(format(queues, consumers))
  } finally {
    await client.end()
  }
}

async function read(client: pg.Client): Promise<{ queues: QueueStatus[]; consumers: ConsumerStatus[] }> {
  const schema = await client.query(`select 1 from pg_catalog.pg_namespace where nspname = 'pgq'`)
  if (schema.rowCount === 0) {
    throw new CliError('This database has no PgQ. Put it in place with "pgq-graphql install".')
  }
  try {
    const queues = await client.query<QueueStatus>(queuesStatement)
    const consumers = await client.query<ConsumerStatus>(consumersStatement)
    return { queues: queues.rows, consumers: consumers.rows }
  } catch (error) {
    throw new CliError(`PgQ's state cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

function format(queues: readonly QueueStatus[], consumers: readonly ConsumerStatus[]): string {
  if (queues.length === 0) return 'No queues.'
  const tables = formatTable(queues, queueColumns)
  if (consumers.length === 0) return `${tables}\n\nNo consumers.`
  return `${tables}\n\n${formatTable(consumers, consumerColumns)}`
}

const queueColumns: readonly Column<QueueStatus>[] = [
  { title: 'Queue', value: (queue) => queue.name },
  { title: 'Consumers', value: (queue) => queue.consumers, align: 'right' },
  { title: 'Last tick', value: (queue) => queue.lastTickId, align: 'right' },
  { title: 'Tick age', value: (queue) => formatSeconds(queue.tickerLagSeconds), align: 'right' },
  { title: 'Events/s', value: (queue) => queue.eventsPerSecond?.toFixed(1) ?? null, align: 'right' },
  { title: 'Since tick', value: (queue) => queue.newEvents, align: 'right' },
  { title: 'Rotation', value: (queue) => `${queue.tables} × ${formatSeconds(queue.rotationPeriodSeconds)}` },
  { title: 'Ticker', value: tickerOf },
]

const consumerColumns: readonly Column<ConsumerStatus>[] = [
  { title: 'Queue', value: (consumer) => consumer.queue },
  { title: 'Consumer', value: (consumer) => consumer.name },
  { title: 'Lag', value: (consumer) => formatSeconds(consumer.lagSeconds), align: 'right' },
  { title: 'Pending', value: (consumer) => consumer.pendingEvents, align: 'right' },
  { title: 'Open batch', value: (consumer) => consumer.currentBatchId, align: 'right' },
  { title: 'Last seen', value: (consumer) => formatSeconds(consumer.lastSeenSeconds), align: 'right' },
]

function tickerOf(queue: QueueStatus): string {
  if (queue.tickerPaused) return 'paused'
  return queue.externalTicker ? 'external' : 'on'
}
