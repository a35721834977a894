import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { FirstEvents, ReadAhead } from '../batches/open-batch.ts'
import type { Context } from '../context.ts'
import type { DatabaseView } from '../database-view.ts'
import { type EventRange, type PlacedEvents, rangeValues } from './event-places.ts'
import {
  type EventFilter,
  type EventPageRow,
  type EventRow,
  eventColumns,
  filterValues,
} from './event-row.ts'

const batchStatement = {
  name: 'batch-events',
  text: `select ${eventColumns} from pgq_gateway.batch_events($1, row($2, $3, $4, $5, $6, $7, $8)::pgq_gateway.event_selection)`,
}

interface BatchRef {
  database: string
  batchId: Int8
  /** Lease of the batch, present when the same call or message has opened it. */
  leaseToken?: string | null
  /** Read-ahead of the stream that delivers the batch. */
  readAhead?: ReadAhead | undefined
}

/**
 * Reads a page of an open batch's events, by id. It may be slightly longer than `first`: events that share the last
 * id, as a retry shares its original's, stay together.
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
  const page = await pageInPlaces(context.database(batch.database), { batchId: batch.batchId }, range)
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
  view: DatabaseView,
  range: EventRange,
  input: { first: number; after: Int8 | null; filter?: EventFilter | null | undefined },
): Promise<EventPageRow | null> {
  const filter = filterValues(input.filter)
  const isFiltered = filter.some((value) => value !== null)
  const read = ({ lastId, tables, firstTids, lastTids }: PlacedEvents, after: Int8, limit: number) => {
    const values = [...rangeValues(range), tables, firstTids, lastTids, lastId, after, limit, ...filter]
    return view.call<EventRow>('reader', withinStatement, values)
  }
  return view.state.places.page(range, { ...input, isFiltered }, read, toEventPage)
}

/** Makes a page from rows read with a limit of `first + 1`, and ties. */
function toEventPage(rows: EventRow[], first: number): EventPageRow {
  // The row past the page shows that more follow; it and those that share its id belong to the next page.
  const overhang = rows[first]?.eventId
  const cut = overhang === undefined ? rows.length : rows.findIndex((row) => row.eventId === overhang)
  // A page is never empty: events that share one id and fill it are returned whole.
  const events = cut === 0 ? rows : rows.slice(0, cut)
  return { events, hasNextPage: cut > 0 && overhang !== undefined, endCursor: events.at(-1)?.eventId ?? null }
}

/** Reads all events of an open batch. @throws PgqError `BATCH_TOO_LARGE` past `limits.maxBatchEvents`. */
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

/**
 * Reads events of an open batch, from the read-ahead where it has them.
 *
 * @throws PgqError `BATCH_NOT_FOUND`; `UNAVAILABLE` where the call that opened it has lost it already, and must ask
 *   for the next one.
 */
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
    return await context.database(batch.database).call<EventRow>('reader', batchStatement, values)
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
 * Reads a page of the events between two ticks that belong to every consumer, like `pageBatchEvents`. `first` must be
 * at least 1.
 *
 * @throws PgqError `NOT_FOUND` when the log no longer reaches back to `fromTick`.
 */
export async function pageTickEvents(
  view: DatabaseView,
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
  const page = await pageInPlaces(view, { queueId, fromTick, toTick }, input)
  if (page) return page
  const rows = await view.call<EventRow>('reader', tickStatement, [
    input.queueId,
    input.fromTick,
    input.toTick,
    input.after,
    input.first + 1,
    ...filterValues(input.filter),
  ])
  return toEventPage(rows, input.first)
}
