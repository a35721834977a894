import { groupBy } from '../../group-by.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import type { Context } from '../context.ts'
import { type Loader, loadOne } from '../loader.ts'
import { type Page, type PageInput, type PageRequest, pageRequest, toPage } from '../page.ts'

export interface TickRow {
  database: string
  queueName: string
  tickId: Int8
  time: string
  eventSeq: Int8
}

const tickColumns = `
  $1::text as database, q.queue_name as "queueName", t.tick_id as "tickId", t.tick_time as time,
  t.tick_event_seq as "eventSeq"`

const listStatement = (backward: boolean): Statement => ({
  name: `ticks-${backward ? 'backward' : 'forward'}`,
  role: 'reader',
  kind: 'listing',
  text: `select ${tickColumns}
    from unnest($2::text[]) wanted (queue_name)
    join pgq.queue q on q.queue_name = wanted.queue_name
   cross join lateral (
         select * from pgq.tick t
          where t.tick_queue = q.queue_id
            and ($3::bigint is null or t.tick_id > $3) and ($4::bigint is null or t.tick_id < $4)
          order by t.tick_id ${backward ? 'desc' : 'asc'}
          limit $5) t`,
})

const forward = listStatement(false)
const backward = listStatement(true)

/** Reads a page of ticks for each of these queues; the rows of a queue are in the order of the request. */
function findTickPages(
  database: Database,
  queues: readonly string[],
  request: PageRequest,
): Promise<TickRow[]> {
  return database.call<TickRow>(request.backward ? backward : forward, [
    database.name,
    queues,
    request.after,
    request.before,
    request.limit,
  ])
}

interface TickPageKey {
  queue: string
  request: PageRequest
}

/** Reads one page of a queue's ticks, in the order that the request reads them. */
const tickPage: Loader<TickPageKey, TickRow[]> = async (database, keys) => {
  const textOf = (request: PageRequest, queue: string) => JSON.stringify([request, queue])
  const pages = new Map<string, TickRow[]>()
  const read = async (alike: readonly TickPageKey[]) => {
    const [first] = alike
    if (!first) return
    const { request } = first
    const rows = await findTickPages(database, [...new Set(alike.map(({ queue }) => queue))], request)
    for (const [queue, ticks] of groupBy(rows, (row) => row.queueName))
      pages.set(textOf(request, queue), ticks)
  }
  // One after another: a document may ask for a hundred different pages.
  for (const alike of groupBy(keys, ({ request }) => JSON.stringify(request)).values()) await read(alike)
  return ({ queue, request }) => pages.get(textOf(request, queue)) ?? []
}

/** Lists the ticks of a queue that are still in the log, oldest first. */
export async function listTicks(
  context: Context,
  queue: { database: string; name: string },
  input: PageInput,
): Promise<Page<TickRow>> {
  const request = pageRequest(input, context.limits)
  return toPage(
    await context.database(queue.database).load(tickPage, { queue: queue.name, request }),
    request,
  )
}

const findStatement: Statement = {
  name: 'ticks-by-id',
  role: 'reader',
  text: `select ${tickColumns}
    from unnest($2::text[], $3::bigint[]) wanted (queue_name, tick_id)
    join pgq.queue q on q.queue_name = wanted.queue_name
    join pgq.tick t on t.tick_queue = q.queue_id and t.tick_id = wanted.tick_id`,
}

function findTicks(
  database: Database,
  wanted: readonly { queue: string; tickId: Int8 }[],
): Promise<TickRow[]> {
  return database.call<TickRow>(findStatement, [
    database.name,
    wanted.map((tick) => tick.queue),
    wanted.map((tick) => tick.tickId),
  ])
}

export const tickById = loadOne<{ queue: string; tickId: Int8 }, TickRow>(
  findTicks,
  (key) => `${key.tickId} ${key.queue}`,
  (row) => `${row.tickId} ${row.queueName}`,
)

/** Finds a tick; null where there is none, or the caller may not read its queue. */
export async function findTick(
  context: Context,
  { database, queue, tickId }: { database: string; queue: string; tickId: Int8 },
): Promise<TickRow | null> {
  const view = context.database(database)
  return context.caller.access.allows(['read'], { database, queue })
    ? view.load(tickById, { queue, tickId })
    : null
}

/** A queue's log as seen by a reader at `after`. A queue always has a tick, unless they were deleted by hand. */
export interface TickLog {
  queueId: number
  oldest: Int8 | null
  newest: Int8 | null
  /** Newest tick that is neither after `after` nor younger than its time; null when there is none, or no `after`. */
  floor: Int8 | null
  floorTime: string | null
  newestTime: string | null
}

const logStatement: Statement = {
  name: 'tick-log',
  role: 'reader',
  text: `select q.queue_id as "queueId", oldest.tick_id as oldest, newest.tick_id as newest, newest.tick_time as "newestTime",
      floor.tick_id as floor, floor.tick_time as "floorTime"
    from pgq.queue q
    left join lateral (select min(t.tick_id) as tick_id from pgq.tick t where t.tick_queue = q.queue_id) oldest on true
    left join lateral (
         select t.tick_id, t.tick_time from pgq.tick t
          where t.tick_queue = q.queue_id order by t.tick_id desc limit 1) newest on true
    left join lateral (
         select t.tick_id, t.tick_time from pgq.tick t
          where t.tick_queue = q.queue_id and t.tick_id <= $2 and ($3::timestamptz is null or t.tick_time <= $3)
          order by t.tick_id desc limit 1) floor on true
   where q.queue_name = $1`,
}

/** Finds `after` in a queue's log; null for an unknown queue. @param afterTime Time of that tick, where known. */
export async function readTickLog(
  database: Database,
  queue: string,
  after: Int8 | null,
  afterTime: string | null = null,
): Promise<TickLog | null> {
  const [row] = await database.call<TickLog>(logStatement, [queue, after, afterTime], { queue })
  return row ?? null
}

/** A tick, and whether the reader's last tick is still in the log: if not, something in between may be lost. */
export interface NextTickRow extends TickRow {
  isGapless: boolean
}

const nextTicksStatement: Statement = {
  name: 'next-ticks',
  role: 'reader',
  text: `select ${tickColumns},
      exists (select from pgq.tick s
               where s.tick_queue = $2 and s.tick_id = $3 and ($5::timestamptz is null or s.tick_time = $5)) as "isGapless"
    from pgq.queue q join pgq.tick t on t.tick_queue = q.queue_id
   where q.queue_id = $2 and t.tick_id > $3 order by t.tick_id limit $4`,
}

/**
 * Finds the ticks after a reader's last one, oldest first. The queue is given by id, since another may have its name
 * by now, and the last tick also by its time, since a database that lost its last commits reuses ids.
 */
export function findNextTicks(
  database: Database,
  queueId: number,
  after: { cursor: Int8; time: string | null },
  limit: number,
): Promise<NextTickRow[]> {
  const values = [database.name, queueId, after.cursor, limit, after.time]
  return database.call<NextTickRow>(nextTicksStatement, values)
}

const newestTicksStatement: Statement = {
  name: 'newest-ticks',
  role: 'reader',
  text: `select queue_name as queue, tick_id as "tickId" from pgq_gateway.current_ticks()`,
}

/** Finds the newest tick of every queue. */
export function findNewestTicks(database: Database): Promise<{ queue: string; tickId: Int8 }[]> {
  return database.call(newestTicksStatement)
}

const tickStatement: Statement = {
  name: 'tick',
  role: 'admin',
  text: 'select pgq_gateway.tick($1, $2) as "tickId"',
}

/**
 * Ticks a queue if a tick is due, or in any case when forced.
 *
 * @returns The new tick's id, or null when none was due.
 * @throws PgqError `QUEUE_NOT_FOUND`, `TICKER_PAUSED`, `EXTERNAL_TICKER`.
 */
export async function tick(
  context: Context,
  input: { database: string; queue: string; force: boolean },
): Promise<Int8 | null> {
  const [row] = await context
    .database(input.database)
    .call<{ tickId: Int8 | null }>(tickStatement, [input.queue, input.force], input.queue)
  return row?.tickId ?? null
}
