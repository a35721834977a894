import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Database } from '../../postgres/connections.ts'
import type { Context } from '../context.ts'
import { type EventPlaces, type EventRange, pageByPlaces, rangeValues } from './event-places.ts'
import { isTooDeep } from './json-depth.ts'
import type { FirstEvents, ReadAhead } from './prefetch.ts'

/** An event as PgQ delivers it, in wire form. */
export interface EventRow {
  eventId: Int8
  time: string
  txid: Int8
  retry: number | null
  type: string | null
  data: string | null
  extra1: string | null
  extra2: string | null
  extra3: string | null
  extra4: string | null
}

/** Conditions that an event must all meet; null is no condition. */
export interface EventFilter {
  types?: readonly string[] | null | undefined
  extra1?: string | null | undefined
  extra2?: string | null | undefined
  extra3?: string | null | undefined
  extra4?: string | null | undefined
}

export interface EventPageRow {
  events: EventRow[]
  hasNextPage: boolean
  endCursor: Int8 | null
}

export const eventColumns = `
  ev_id as "eventId", ev_time as time, ev_txid as txid, ev_retry as retry, ev_type as type, ev_data as data,
  ev_extra1 as extra1, ev_extra2 as extra2, ev_extra3 as extra3, ev_extra4 as extra4`

const batchStatement = {
  name: 'batch-events',
  text: `select ${eventColumns} from pgq_gateway.batch_events($1, row($2, $3, $4, $5, $6, $7, $8)::pgq_gateway.event_selection)`,
}

interface BatchRef {
  database: string
  batchId: Int8
  /** Of a batch that this very call, or message, has opened. */
  leaseToken?: string | null
  /** For a batch that a stream delivers. */
  readAhead?: ReadAhead | undefined
}

/**
 * A page of an open batch's events, by id. It may be a little longer than `first`: events that share the last id, as a
 * retry shares its original's, stay together.
 */
export async function pageBatchEvents(
  context: Context,
  batch: BatchRef,
  input: {
    first?: number | null | undefined
    after?: Int8 | null | undefined
    filter?: EventFilter | null | undefined
  },
): Promise<EventPageRow> {
  const { maxEventsPerPage } = context.limits
  const first = input.first ?? maxEventsPerPage
  if (first < 1) throw new PgqError('BAD_INPUT', `first must be at least 1, got ${first}`, { field: 'first' })
  if (first > maxEventsPerPage) {
    throw new PgqError(
      'LIMIT_EXCEEDED',
      `first may be at most ${maxEventsPerPage}, got ${first}; read on with after`,
      {
        field: 'first',
      },
    )
  }
  const range = { first, after: input.after ?? null, filter: input.filter }
  const page = await pageInPlaces(context.databases.get(batch.database), { batchId: batch.batchId }, range)
  if (page) return page
  const rows = await readBatchEvents(context, batch, range.after, first + 1, input.filter)
  return toEventPage(rows, first)
}

const withinStatement = {
  name: 'events-within',
  text: `select ${eventColumns} from pgq_gateway.events_within($1, $2, $3, $4, $5, $6, $7, $8,
    row($9, $10, $11, $12, $13, $14, $15)::pgq_gateway.event_selection)`,
}

function pageInPlaces(
  database: Database,
  range: EventRange,
  input: { first: number; after: Int8 | null; filter?: EventFilter | null | undefined },
): Promise<EventPageRow | null> {
  const filter = filterValues(input.filter)
  const isFiltered = filter.some((value) => value !== null)
  const read = ({ lastId, tables, firstTids, lastTids }: EventPlaces, after: Int8, limit: number) => {
    const values = [...rangeValues(range), tables, firstTids, lastTids, lastId, after, limit, ...filter]
    return database.call<EventRow>('reader', withinStatement, values)
  }
  return pageByPlaces(database, range, { ...input, isFiltered }, read, toEventPage)
}

/** Makes a page of rows that were read with a limit of `first + 1` and ties. */
function toEventPage(rows: EventRow[], first: number): EventPageRow {
  // The row past the page says that there is more; with it go those that share its id, to the next page.
  const overhang = rows[first]?.eventId
  const cut = overhang === undefined ? rows.length : rows.findIndex((row) => row.eventId === overhang)
  // A page must hold something: one id that fills it by itself is given whole.
  const events = cut === 0 ? rows : rows.slice(0, cut)
  return { events, hasNextPage: cut > 0 && overhang !== undefined, endCursor: events.at(-1)?.eventId ?? null }
}

/** All events of an open batch. @throws PgqError `BATCH_TOO_LARGE` past `limits.maxBatchEvents`. */
export async function listBatchEvents(
  context: Context,
  batch: BatchRef,
  filter?: EventFilter | null | undefined,
): Promise<EventRow[]> {
  const { maxBatchEvents } = context.limits
  const rows = await readBatchEvents(context, batch, null, maxBatchEvents + 1, filter)
  if (rows.length > maxBatchEvents) {
    const message = `Batch ${batch.batchId} has more than ${maxBatchEvents} events; read it with eventPage`
    throw new PgqError('BATCH_TOO_LARGE', message)
  }
  return rows
}

/** @throws PgqError `BATCH_NOT_FOUND`, or `UNAVAILABLE` where its opener has lost it already: that one has to ask anew. */
async function readBatchEvents(
  context: Context,
  batch: BatchRef,
  after: Int8 | null,
  limit: number,
  filter: EventFilter | null | undefined,
): Promise<EventRow[]> {
  const what = { limit, filter: filterValues(filter) }
  const { readAhead } = after === null ? batch : {}
  const rows = (await readAhead?.take(what)) ?? (await readNow(context, batch, after, what))
  readAhead?.begin(what)
  return rows
}

async function readNow(
  context: Context,
  batch: BatchRef,
  after: Int8 | null,
  { limit, filter }: FirstEvents,
): Promise<EventRow[]> {
  const values = [batch.batchId, after, limit, ...filter]
  try {
    return await context.databases.get(batch.database).call<EventRow>('reader', batchStatement, values)
  } catch (cause) {
    if (!batch.leaseToken || !(cause instanceof PgqError && cause.code === 'BATCH_NOT_FOUND')) throw cause
    const message = `Batch ${batch.batchId} was taken over and settled before its events were read; ask for the next one`
    throw new PgqError('UNAVAILABLE', message, { cause })
  }
}

const tickStatement = {
  name: 'tick-events',
  text: `select ${eventColumns} from pgq_gateway.tick_events($1, $2, $3,
    row($4, $5, $6, $7, $8, $9, $10)::pgq_gateway.event_selection)`,
}

/**
 * A page of the events between two ticks that belong to every consumer; `first` at least 1, otherwise as in
 * `pageBatchEvents`.
 *
 * @throws PgqError `NOT_FOUND` when the log no longer reaches back to `fromTick`.
 */
export async function pageTickEvents(
  database: Database,
  input: {
    queueId: number
    fromTick: Int8
    toTick: Int8
    filter?: EventFilter | null | undefined
    first: number
    after: Int8 | null
  },
): Promise<EventPageRow> {
  const { queueId, fromTick, toTick } = input
  const page = await pageInPlaces(database, { queueId, fromTick, toTick }, input)
  if (page) return page
  const rows = await database.call<EventRow>('reader', tickStatement, [
    input.queueId,
    input.fromTick,
    input.toTick,
    input.after,
    input.first + 1,
    ...filterValues(input.filter),
  ])
  return toEventPage(rows, input.first)
}

function filterValues(filter: EventFilter | null | undefined): unknown[] {
  return [
    filter?.types ?? null,
    filter?.extra1 ?? null,
    filter?.extra2 ?? null,
    filter?.extra3 ?? null,
    filter?.extra4 ?? null,
  ]
}

/** `data` as JSON, or decoded from the URL encoding of `logutriga`; null where it is neither, or nested too deeply. */
export function parseEventData(data: string | null): unknown {
  if (data === null || isTooDeep(data)) return null
  try {
    return JSON.parse(data)
  } catch {
    return parseUrlEncoded(data)
  }
}

/** Columns by name as text; a name without `=` is a column that is null. */
function parseUrlEncoded(data: string): Record<string, string | null> | null {
  if (
    !/^[A-Za-z0-9_.%+-]+(=[A-Za-z0-9_.%+-]*)?(&[A-Za-z0-9_.%+-]+(=[A-Za-z0-9_.%+-]*)?)*$/.test(data) ||
    !/[=&]/.test(data)
  ) {
    return null
  }
  try {
    const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))
    return Object.fromEntries(
      data.split('&').map((pair) => {
        const at = pair.indexOf('=')
        return at < 0 ? [decode(pair), null] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))]
      }),
    )
  } catch {
    return null
  }
}
