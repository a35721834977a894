import { groupBy } from '../../group-by.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import { type BatchRow, batchById } from '../batches/open-batch.ts'
import type { Context } from '../context.ts'
import type { DatabaseView } from '../database-view.ts'
import { isWithinScope } from '../grants.ts'
import { type Loader, loadOne } from '../loader.ts'
import { type Page, type PageInput, pageRequest, slicePage, toPage } from '../page.ts'
import { checkListedQueue } from '../queues/queues.ts'
import { type ConsumerProgress, progressColumn } from './consumer-progress.ts'

/** A row of `pgq_gateway.consumer_info`; a member's `mainName` is its cooperative consumer, null for all others. */
export interface ConsumerRow {
  database: string
  queueId: number
  queueName: string
  consumerId: number
  name: string
  mainName: string | null
  lagSeconds: number
  lastSeenSeconds: number
  lastTick: Int8 | null
  nextTick: Int8 | null
  pendingEvents: Int8 | null
  currentBatchId: Int8 | null
  /** Given where it was read together with the row. */
  progress?: ConsumerProgress
}

const consumerColumns = `
  $1::text as database, queue_id as "queueId", queue_name as "queueName", consumer_id as "consumerId",
  consumer_name as name, main_name as "mainName",
  lag_seconds as "lagSeconds", last_seen_seconds as "lastSeenSeconds", last_tick as "lastTick", next_tick as "nextTick",
  pending_events as "pendingEvents", current_batch as "currentBatchId"`

/** Consumers are ordered by queue and name; a cursor holds both. */
const listStatement = (backward: boolean): Statement => ({
  name: `consumers-${backward ? 'backward' : 'forward'}`,
  role: 'reader',
  kind: 'listing',
  text: `select ${consumerColumns} from pgq_gateway.consumer_info
    where main_name is null and ($2::text is null or queue_name = $2)
      and ($3::text is null or (queue_name collate "C", consumer_name collate "C") > ($3, $4::text))
      and ($5::text is null or (queue_name collate "C", consumer_name collate "C") < ($5, $6::text))
      and ${isWithinScope(8)}
    order by queue_name collate "C" ${backward ? 'desc' : 'asc'}, consumer_name collate "C" ${backward ? 'desc' : 'asc'}
    limit $7`,
})

const forward = listStatement(false)
const backward = listStatement(true)

export interface ConsumerCursor {
  queue: string
  consumer: string
}

/**
 * Lists the consumers of one queue, or of all, that the caller may see; members of cooperative consumers are left out.
 *
 * @throws PgqError `QUEUE_NOT_FOUND`.
 */
export async function listConsumers(
  context: Context,
  input: Omit<PageInput, 'after' | 'before'> & {
    database: string
    queue?: string | null | undefined
    after?: ConsumerCursor | null
    before?: ConsumerCursor | null
  },
): Promise<Page<ConsumerRow>> {
  const request = pageRequest(
    { first: input.first, last: input.last, after: input.after?.queue, before: input.before?.queue },
    context.limits,
  )
  await checkListedQueue(context, input)
  const scope = context.caller.access.consumersOf(['stats'], input.database)
  const rows = await context
    .database(input.database)
    .call<ConsumerRow>(request.backward ? backward : forward, [
      input.database,
      input.queue ?? null,
      request.after,
      input.after?.consumer ?? null,
      request.before,
      input.before?.consumer ?? null,
      request.limit,
      scope?.queues ?? null,
      scope?.consumers ?? null,
    ])
  return toPage(rows, request)
}

const ofQueuesStatement: Statement = {
  name: 'consumers-of-queues',
  role: 'reader',
  text: `select ${consumerColumns} from pgq_gateway.consumer_info where queue_name = any ($2)
    order by consumer_name collate "C"`,
}

/** Finds all subscriptions to these queues, members included. */
function findConsumersOfQueues(database: Database, queues: readonly string[]): Promise<ConsumerRow[]> {
  return database.call<ConsumerRow>(ofQueuesStatement, [database.name, queues])
}

export const consumersOfQueue: Loader<string, ConsumerRow[]> = async (database, queues) => {
  const rows = groupBy(await findConsumersOfQueues(database, queues), (row) => row.queueName)
  return (queue) => rows.get(queue) ?? []
}

const namedStatement: Statement = {
  name: 'consumers-named',
  role: 'reader',
  text: `select ${consumerColumns}
    from unnest($2::text[], $3::text[]) wanted (queue, consumer)
   cross join lateral (
         select * from pgq_gateway.consumer_info
          where queue_id = (select q.queue_id from pgq.queue q where q.queue_name = wanted.queue)
            and consumer_id = (select c.co_id from pgq.consumer c where c.co_name = wanted.consumer)
          limit 1) found
   where main_name is null`,
}

interface ConsumerKey {
  queue: string
  name: string
}

function findConsumers(database: Database, wanted: readonly ConsumerKey[]): Promise<ConsumerRow[]> {
  return database.call<ConsumerRow>(namedStatement, [
    database.name,
    wanted.map(({ queue }) => queue),
    wanted.map(({ name }) => name),
  ])
}

/** Finds a consumer that is not a member of another; null when there is none. */
export const consumerByName = loadOne<ConsumerKey, ConsumerRow>(
  findConsumers,
  ({ queue, name }) => JSON.stringify([queue, name]),
  ({ queueName, name }) => JSON.stringify([queueName, name]),
)

const allStatement: Statement = {
  name: 'consumers-all',
  role: 'reader',
  kind: 'listing',
  text: `select ${consumerColumns}, ${progressColumn} from pgq_gateway.consumer_info
    join pgq_gateway.consumer_progress(null, null) using (queue_id, consumer_id)
    where main_name is null
    order by queue_name collate "C", consumer_name collate "C"`,
}

/** Finds the consumers of all queues with their progress; members are left out. */
export function findAllConsumers(database: Database): Promise<ConsumerRow[]> {
  return database.call<ConsumerRow>(allStatement, [database.name])
}

/** Lists the consumers of one queue that the caller may see, read together with those of the other queues of a request. */
export async function listConsumersOfQueue(
  context: Context,
  queue: { database: string; name: string },
  input: PageInput,
): Promise<Page<ConsumerRow>> {
  const request = pageRequest(input, context.limits)
  const rows = await context.database(queue.database).load(consumersOfQueue, queue.name)
  return slicePage(
    rows.filter((row) => row.mainName === null && isShown(context, row)),
    (row) => row.name,
    request,
  )
}

/** Says whether the caller may see a consumer that is no member of another. */
export function isShown({ caller }: Context, { database, queueName, name }: ConsumerRow): boolean {
  return caller.access.shows({ database, queue: queueName, consumer: name })
}

const registerStatement: Statement = {
  name: 'register-consumer',
  role: 'reader',
  text: 'select pgq_gateway.register_consumer($1, $2, $3) as registered',
}

/** Registers a consumer; true when it is new. @throws PgqError `QUEUE_NOT_FOUND`, `BAD_INPUT` for an unknown tick. */
export function registerConsumer(
  context: Context,
  { database, ...input }: Registration & { database: string },
): Promise<boolean> {
  return addConsumer(context.database(database), input)
}

interface Registration {
  queue: string
  consumer: string
  atTick?: Int8 | null | undefined
}

/** Registers a consumer like `registerConsumer`, for the gateway itself. */
export async function addConsumer(
  view: DatabaseView,
  { queue, consumer, atTick = null }: Registration,
): Promise<boolean> {
  const [row] = await view.call<{ registered: boolean }>(registerStatement, [queue, consumer, atTick], queue)
  return row?.registered ?? false
}

const unregisterStatement: Statement = {
  name: 'unregister-consumer',
  role: 'reader',
  text: 'select pgq_gateway.unregister_consumer($1, $2) as count',
}

/** Unregisters a consumer. Returns the number of removed subscriptions, counting those of members. */
export async function unregisterConsumer(
  context: Context,
  input: { database: string; queue: string; consumer: string },
): Promise<number> {
  const [row] = await context
    .database(input.database)
    .call<{ count: number }>(unregisterStatement, [input.queue, input.consumer], input.queue)
  return row?.count ?? 0
}

/** Finds a consumer as `consumerByName` does; null, too, for one that the caller may not see. */
export async function findConsumer(
  context: Context,
  { database, queue, name }: { database: string; queue: string; name: string },
): Promise<ConsumerRow | null> {
  const view = context.database(database)
  const isVisible = context.caller.access.shows({ database, queue, consumer: name })
  return isVisible ? view.load(consumerByName, { queue, name }) : null
}

/** Finds the members of a cooperative consumer; none for a plain one. */
export const membersOf: Loader<ConsumerRow, ConsumerRow[]> = async (database, consumers) => {
  const keyOf = (queue: string, main: string | null) => JSON.stringify([queue, main])
  const queues = new Set(consumers.map(({ queueName }) => queueName))
  const rows = groupBy(await findConsumersOfQueues(database, [...queues]), (row) =>
    keyOf(row.queueName, row.mainName),
  )
  return ({ queueName, name }) => rows.get(keyOf(queueName, name)) ?? []
}

/** Finds the batch that a consumer or member has open; null when there is none. */
export function currentBatch(context: Context, consumer: ConsumerRow): Promise<BatchRow | null> | null {
  const { database, currentBatchId } = consumer
  return currentBatchId === null ? null : context.database(database).load(batchById, currentBatchId)
}
