import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import type { Context } from '../context.ts'
import type { DatabaseView } from '../database-view.ts'
import { queueNotFound } from '../grants.ts'
import { type Loader, loadOne } from '../loader.ts'
import { type Page, type PageInput, pageRequest, toPage } from '../page.ts'
import { checkIntervals } from '../seconds.ts'

/** A row of `pgq_gateway.queue_info`. Durations are seconds; what depends on a tick is null before the first. */
export interface QueueRow {
  database: string
  queueId: number
  name: string
  tableCount: number
  currentTable: number
  currentEventTable: string
  rotationPeriodSeconds: number
  switchTime: string
  externalTicker: boolean
  tickerPaused: boolean
  tickerMaxCount: number
  tickerMaxLagSeconds: number
  tickerIdlePeriodSeconds: number
  tickerLagSeconds: number | null
  eventsPerSecond: number | null
  newEvents: Int8 | null
  lastTickId: Int8 | null
  currentEventsPerSecond: number
  /** Null unless ticks that a ticker has to make fail to come. */
  tickOverdueSeconds: number | null
}

const queueColumns = `
  $1::text as database, queue_id as "queueId", queue_name as name, table_count as "tableCount",
  current_table as "currentTable", current_event_table as "currentEventTable",
  rotation_period_seconds as "rotationPeriodSeconds", switch_time as "switchTime",
  external_ticker as "externalTicker", ticker_paused as "tickerPaused", ticker_max_count as "tickerMaxCount",
  ticker_max_lag_seconds as "tickerMaxLagSeconds", ticker_idle_period_seconds as "tickerIdlePeriodSeconds",
  ticker_lag_seconds as "tickerLagSeconds", events_per_second as "eventsPerSecond", new_events as "newEvents",
  last_tick_id as "lastTickId", current_events_per_second as "currentEventsPerSecond",
  tick_overdue_seconds as "tickOverdueSeconds"`

const listStatement = (backward: boolean): Statement => ({
  name: `queues-${backward ? 'backward' : 'forward'}`,
  role: 'reader',
  kind: 'listing',
  // The page is found first: there is more to read of a queue than its name.
  text: `with page as materialized (
      select q.queue_id from pgq.queue q
       where ($2::text is null or q.queue_name collate "C" > $2) and ($3::text is null or q.queue_name collate "C" < $3)
         and ($4::text is null or q.queue_name like $4) and ($6::text[] is null or q.queue_name like any ($6))
       order by q.queue_name collate "C" ${backward ? 'desc' : 'asc'} limit $5)
    select ${queueColumns} from pgq_gateway.queue_info where queue_id = any (array(select page.queue_id from page))
    order by queue_name collate "C" ${backward ? 'desc' : 'asc'}`,
})

const forward = listStatement(false)
const backward = listStatement(true)

const namedStatement: Statement = {
  name: 'queues-named',
  role: 'reader',
  text: `select ${queueColumns} from pgq_gateway.queue_info where queue_name = any ($2)`,
}

/** Lists the queues that the caller may see by name, a page at a time; `nameLike` is a LIKE pattern. */
export async function listQueues(
  context: Context,
  input: PageInput & { database: string; nameLike?: string | null | undefined },
): Promise<Page<QueueRow>> {
  const request = pageRequest(input, context.limits)
  if (/(?<!\\)(\\\\)*\\$/.test(input.nameLike ?? '')) {
    throw new PgqError('BAD_INPUT', 'nameLike must not end with a lone backslash; two stand for one', {
      field: 'nameLike',
    })
  }
  const rows = await context
    .database(input.database)
    .call<QueueRow>(request.backward ? backward : forward, [
      input.database,
      request.after,
      request.before,
      input.nameLike ?? null,
      request.limit,
      context.caller.access.queuesOf(input.database),
    ])
  return toPage(rows, request)
}

/** Finds the queues of these names that exist, in no order. */
function findQueues(database: Database, names: readonly string[]): Promise<QueueRow[]> {
  return database.call<QueueRow>(namedStatement, [database.name, names])
}

export const queueByName = loadOne<string, QueueRow>(
  findQueues,
  (name) => name,
  (row) => row.name,
)

const allStatement: Statement = {
  name: 'queues-all',
  role: 'reader',
  kind: 'listing',
  text: `select ${queueColumns} from pgq_gateway.queue_info order by queue_name collate "C"`,
}

export function findAllQueues(database: Database): Promise<QueueRow[]> {
  return database.call<QueueRow>(allStatement, [database.name])
}

const damagedStatement: Statement = {
  name: 'damaged-queues',
  role: 'reader',
  kind: 'listing',
  text: 'select queue_name as name, missing from pgq_gateway.damaged_queues()',
}

/** Finds the tables and sequences that queues have lost, by name of the queue. */
export async function missingParts(database: Database): Promise<(queue: string) => string | undefined> {
  const rows = await database.call<{ name: string; missing: string }>(damagedStatement)
  const missing = new Map(rows.map((row) => [row.name, row.missing]))
  return (queue) => missing.get(queue)
}

/** Finds a queue by name; null where there is none, or none that the caller may see. */
export async function findQueue(context: Context, database: string, name: string): Promise<QueueRow | null> {
  const view = context.database(database)
  return context.caller.access.shows({ database, queue: name }) ? view.load(queueByName, name) : null
}

/** Finds a queue as `findQueue` does. @throws PgqError `QUEUE_NOT_FOUND`. */
export async function requireQueue(context: Context, database: string, name: string): Promise<QueueRow> {
  const queue = await findQueue(context, database, name)
  if (!queue) throw queueNotFound(name)
  return queue
}

/** Checks the queue to which a list is limited; null stands for all queues. @throws PgqError `QUEUE_NOT_FOUND`. */
export async function checkListedQueue(
  context: Context,
  { database, queue }: { database: string; queue?: string | null | undefined },
): Promise<void> {
  if (queue != null) await requireQueue(context, database, queue)
}

const retryCountStatement: Statement = {
  name: 'retry-counts',
  role: 'reader',
  kind: 'listing',
  text: `select queue_id as "queueId", retry_count as count from pgq_gateway.retry_counts($1)`,
}

/** Counts the events of a queue in the retry queue, by queue id. */
export const retryCount: Loader<number, Int8> = async (database, queueIds) => {
  const rows = await database.call<{ queueId: number; count: Int8 }>(retryCountStatement, [queueIds])
  const counts = new Map(rows.map((row) => [row.queueId, row.count]))
  return (queueId) => counts.get(queueId) ?? '0'
}

export interface QueueConfig {
  tickerMaxCount?: number | null | undefined
  tickerMaxLagSeconds?: number | null | undefined
  tickerIdlePeriodSeconds?: number | null | undefined
  rotationPeriodSeconds?: number | null | undefined
  externalTicker?: boolean | null | undefined
}

const intervals = ['tickerMaxLagSeconds', 'tickerIdlePeriodSeconds', 'rotationPeriodSeconds'] as const

/** Default tick lag of queues created through the API, for live delivery (seconds); PgQ's own default is 3. */
const DEFAULT_MAX_LAG_SECONDS = 0.05

const createStatement: Statement = {
  name: 'create-queue',
  role: 'admin',
  text: `select pgq_gateway.create_queue($1, $2, make_interval(secs => $3), make_interval(secs => $4),
    make_interval(secs => $5), $6) as created`,
}

/** Creates a queue. Returns false when it exists already; then its configuration stays unchanged. */
export function createQueue(
  context: Context,
  { database, ...input }: QueueConfig & { database: string; name: string },
): Promise<boolean> {
  return addQueue(context.database(database), input)
}

/** Creates a queue like `createQueue`, for the gateway itself. */
export async function addQueue(view: DatabaseView, input: QueueConfig & { name: string }): Promise<boolean> {
  checkIntervals(input, intervals)
  const values = [
    input.name,
    input.tickerMaxCount ?? null,
    input.tickerMaxLagSeconds ?? DEFAULT_MAX_LAG_SECONDS,
    input.tickerIdlePeriodSeconds ?? null,
    input.rotationPeriodSeconds ?? null,
    input.externalTicker ?? null,
  ]
  const [row] = await view.call<{ created: boolean }>(createStatement, values, input.name)
  return row?.created ?? false
}

const dropStatement: Statement = {
  name: 'drop-queue',
  role: 'admin',
  text: 'select pgq_gateway.drop_queue($1, $2) as dropped',
}

/** Drops a queue. Returns false when there is none. @throws PgqError `QUEUE_HAS_CONSUMERS` unless forced. */
export async function dropQueue(
  context: Context,
  input: { database: string; name: string; force: boolean },
): Promise<boolean> {
  const [row] = await context
    .database(input.database)
    .call<{ dropped: boolean }>(dropStatement, [input.name, input.force], input.name)
  return row?.dropped ?? false
}

const configStatement: Statement = {
  name: 'set-queue-config',
  role: 'admin',
  text: `select pgq_gateway.set_queue_config($1, $2, make_interval(secs => $3), make_interval(secs => $4),
    make_interval(secs => $5), $6, $7)`,
}

/** Changes the settings that are given. @throws PgqError `QUEUE_NOT_FOUND`, `BAD_INPUT` for a value out of range. */
export async function setQueueConfig(
  context: Context,
  input: QueueConfig & { database: string; name: string; tickerPaused?: boolean | null | undefined },
): Promise<void> {
  checkIntervals(input, intervals)
  await context
    .database(input.database)
    .call(
      configStatement,
      [
        input.name,
        input.tickerMaxCount ?? null,
        input.tickerMaxLagSeconds ?? null,
        input.tickerIdlePeriodSeconds ?? null,
        input.rotationPeriodSeconds ?? null,
        input.externalTicker ?? null,
        input.tickerPaused ?? null,
      ],
      input.name,
    )
}
