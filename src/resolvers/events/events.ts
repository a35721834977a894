import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { FirstEvents, ReadAhead } from '../batches/open-batch.ts'
import type { Context } from '../context.ts'
import type { DatabaseView } from '../database-view.ts'
import { isCutWithinId, type ReadEvents, toEventPage } from './event-page.ts'
import { type EventRange, type PlacedEvents, rangeValues } from './event-places.ts'
import {
  charactersIn,
  type EventFilter,
  type EventPageRow,
  type EventRow,
  eventColumns,
  filterValues,
} from './event-row.ts'

const batchStatement: Statement = {
  name: 'batch-events',
  role: 'reader',
  text: `select ${eventColumns} from pgq_gateway.batch_events($1, row($2, $3, $4, $5, $6, $7, $8)::pgq_gateway.event_selection)`,
}

interface BatchRef {
  database: string
  batchId: Int8
  queueName: string
  /** Lease of the batch, present when the same call or message has opened it. */
  leaseToken?: string | null
  /** Read-ahead of the stream that delivers the batch. */
  readAhead?: ReadAhead | undefined
}

/** Conditions of a page; see `EventPageRow`. */
interface PageOfEvents {
  first: number
  after: Int8 | null
  filter?: EventFilter | null | undefined
  maxBytes: number
}

/**
 * Reads a page of an open batch's events, by id. It may be slightly longer than `first`: events that share the last
 * id, as a retry shares its original's, stay together. It is shorter where the events are large.
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
  const { maxEventsPerPage, maxEventBytes } = context.limits
  const first = input.first ?? maxEventsPerPage
  if (first < 1) throw new PgqError('BAD_INPUT', `first must be at least 1, got ${first}`, { field: 'first' })
  if (first > maxEventsPerPage) {
    throw new PgqError(
      'LIMIT_EXCEEDED',
      `first may be at most ${maxEventsPerPage}, got ${first}; read on with after`,
      { field: 'first' },
    )
  }
  const wanted = { first, after: input.after ?? null, filter: input.filter, maxBytes: maxEventBytes }
  const view = context.database(batch.database)
  const read = () =>
    pageOf(
      view,
      batch.queueName,
      { batchId: batch.batchId },
      wanted,
      largePageOf(context),
      ({ after, first, maxBytes }) =>
        readBatchEvents(context, batch, after, {
          limit: first + 1,
          maxBytes,
          filter: filterValues(input.filter),
        }),
    )
  const page = await context.budget.run(read)
  context.budget.spendCharacters(charactersIn(page.events))
  return page
}

/** Reads a page in its places where these are known, and else by `read`, as many events as should fit. */
async function pageOf(
  view: DatabaseView,
  queue: string,
  range: EventRange,
  wanted: PageOfEvents,
  beginLarge: () => Promise<void>,
  read: (page: PageOfEvents) => Promise<ReadEvents>,
): Promise<EventPageRow> {
  const first = view.state.sizes.fit(queue, wanted.first, wanted.maxBytes)
  const fitting = { ...wanted, first }
  const inPlaces = await pageInPlaces(view, queue, range, fitting, beginLarge)
  if (inPlaces) return inPlaces
  const found = await read(fitting)
  if (!isCutWithinId(found)) return toEventPage(found, first)
  return toEventPage(await read({ ...wanted, first: 1, maxBytes: Number.POSITIVE_INFINITY }), 1)
}

/** A statement that reads events of a queue, and how much of what it finds is kept. */
interface EventsRead {
  queue: string
  statement: Statement
  values: readonly unknown[]
  maxBytes: number
  /** Waits until a large page may be read. */
  beginLarge: () => Promise<void>
}

/** Reads events, as many as fit, and remembers how large those of the queue are. */
async function readEvents(view: DatabaseView, read: EventsRead): Promise<ReadEvents> {
  const { queue, statement, values, maxBytes, beginLarge } = read
  const { sizes, memory } = view.state
  const ask = async (bytes: number) => {
    const found = await view.callBounded<EventRow>(statement, values, { maxBytes: bytes, queue })
    sizes.learnPage(queue, found)
    return found
  }
  const smallBytes = Math.min(maxBytes, memory.smallPageBytes)
  if (!sizes.isLarger(queue, smallBytes)) {
    const found = await ask(smallBytes)
    if (!found.isCut || smallBytes === maxBytes) return found
  }
  await beginLarge()
  return ask(maxBytes)
}

/** Makes the way to take the turn of a request in reading large pages. */
function largePageOf({ budget }: Context): () => Promise<void> {
  return () => budget.beginLargePage()
}

const withinStatement: Statement = {
  name: 'events-within',
  role: 'reader',
  text: `select ${eventColumns} from pgq_gateway.events_within($1, $2, $3, $4, $5, $6, $7, $8,
    row($9, $10, $11, $12, $13, $14, $15)::pgq_gateway.event_selection)`,
}

function pageInPlaces(
  view: DatabaseView,
  queue: string,
  range: EventRange,
  { maxBytes, ...input }: PageOfEvents,
  beginLarge: () => Promise<void>,
): Promise<EventPageRow | null> {
  const filter = filterValues(input.filter)
  const isFiltered = filter.some((value) => value !== null)
  const read = async (
    { lastId, tables, firstTids, lastTids }: PlacedEvents,
    after: Int8,
    limit: number,
  ): Promise<ReadEvents> => {
    const ask = (count: number, bytes: number) => {
      const selection = [after, count, ...filter]
      const values = [...rangeValues(range), tables, firstTids, lastTids, lastId, ...selection]
      return readEvents(view, {
        queue,
        statement: withinStatement,
        values,
        maxBytes: bytes,
        beginLarge,
      })
    }
    const found = await ask(limit, maxBytes)
    return isCutWithinId(found) ? ask(2, Number.POSITIVE_INFINITY) : found
  }
  return view.state.places.page(queue, range, { ...input, isFiltered }, read)
}

/** Reads all events of an open batch. @throws PgqError `BATCH_TOO_LARGE` past `maxBatchEvents` or `maxEventBytes`. */
export async function listBatchEvents(
  context: Context,
  batch: BatchRef,
  filter?: EventFilter | null | undefined,
): Promise<EventRow[]> {
  const { maxBatchEvents, maxEventBytes: maxBytes } = context.limits
  const { sizes } = context.database(batch.database).state
  const read = (limit: number) =>
    readBatchEvents(context, batch, null, { limit, maxBytes, filter: filterValues(filter) })
  const all = maxBatchEvents + 1
  const fitting = sizes.fit(batch.queueName, all, maxBytes)
  const found = await context.budget.run(async () => {
    const some = await read(fitting)
    // The events may be smaller than those before.
    return !some.isCut && some.rows.length >= fitting && fitting < all ? read(all) : some
  })
  if (found.isCut || found.rows.length > maxBatchEvents) {
    const size = found.isCut ? `${maxBytes} bytes` : `${maxBatchEvents} events`
    throw new PgqError(
      'BATCH_TOO_LARGE',
      `Batch ${batch.batchId} has more than ${size}; read it with eventPage`,
    )
  }
  context.budget.spendCharacters(charactersIn(found.rows))
  return found.rows
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
  what: FirstEvents,
): Promise<ReadEvents> {
  const { readAhead } = after === null ? batch : {}
  const found = (await readAhead?.take(what)) ?? (await readNow(context, batch, after, what))
  readAhead?.begin(what)
  return found
}

async function readNow(
  context: Context,
  batch: BatchRef,
  after: Int8 | null,
  { limit, maxBytes, filter }: FirstEvents,
): Promise<ReadEvents> {
  const view = context.database(batch.database)
  const values = [batch.batchId, after, limit, ...filter]
  try {
    return await readEvents(view, {
      queue: batch.queueName,
      statement: batchStatement,
      values,
      maxBytes,
      beginLarge: largePageOf(context),
    })
  } catch (cause) {
    if (!batch.leaseToken || !(cause instanceof PgqError && cause.code === 'BATCH_NOT_FOUND')) throw cause
    const message = `Batch ${batch.batchId} was taken over and settled before its events were read; ask for the next one`
    throw new PgqError('UNAVAILABLE', message, { cause })
  }
}

const tickStatement: Statement = {
  name: 'tick-events',
  role: 'reader',
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
  {
    queue,
    queueId,
    fromTick,
    toTick,
    ...wanted
  }: PageOfEvents & {
    queue: string
    queueId: number
    fromTick: Int8
    toTick: Int8
  },
  beginLarge: () => Promise<void>,
): Promise<EventPageRow> {
  const filter = filterValues(wanted.filter)
  return pageOf(
    view,
    queue,
    { queueId, fromTick, toTick },
    wanted,
    beginLarge,
    ({ first, after, maxBytes }) => {
      const values = [queueId, fromTick, toTick, after, first + 1, ...filter]
      return readEvents(view, {
        queue,
        statement: tickStatement,
        values,
        maxBytes,
        beginLarge,
      })
    },
  )
}
