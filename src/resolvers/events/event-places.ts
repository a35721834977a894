import { type Int8, isAfter } from '../../int8.ts'
import type { Database } from '../../postgres/connections.ts'
import type { EventPageRow, EventRow } from './events.ts'

/** An open batch, or the ticks of a queue that bound a range of events. */
export type EventRange = { batchId: Int8 } | { queueId: number; fromTick: Int8; toTick: Int8 }

/** Where one page of a batch lies in the event tables; arrays of equal length, tids as text. */
export interface EventPlaces {
  lastId: Int8
  tables: number[]
  firstTids: string[]
  lastTids: string[]
}

interface Known {
  /** Pages after the first that were asked for. */
  asked: number
  places: Promise<EventPlaces[]> | undefined
}

/** Events in a place. */
const PLACE_SIZE = 10_000
/** To find the places takes a sort of the whole batch, as much as a page without them; it pays from here on. */
const PAGES_WITHOUT_PLACES = 2
/** Batches whose places are remembered, per database: the latest that were read. */
const MAX_KNOWN = 100

const knownOf = new WeakMap<Database, Map<string, Known>>()

const placesStatement = {
  name: 'event-pages',
  text: `select last_id as "lastId", table_number as "table", first_tid::text as "firstTid", last_tid::text as "lastTid"
    from pgq_gateway.event_pages($1, $2, $3, $4, $5)`,
}

/** The first values of the SQL functions that take either kind of range. */
export function rangeValues(range: EventRange): (Int8 | number | null)[] {
  return 'batchId' in range
    ? [range.batchId, null, null, null]
    : [null, range.queueId, range.fromTick, range.toTick]
}

/**
 * A page of a batch that is read page by page, in a time that does not depend on the size of the batch: without an
 * index on event ids each page by itself would have to sort all of it. A page may be shorter than `first` before the last.
 *
 * @param read Reads at most `limit` events (and those that share the last id) of these places by id, from `after` up to
 *   `lastId`: the places of neighbours overlap.
 * @returns Null for the first pages: most batches have no more.
 */
export async function pageByPlaces(
  database: Database,
  range: EventRange,
  { first, after, isFiltered }: { first: number; after: Int8 | null; isFiltered: boolean },
  read: (places: EventPlaces, after: Int8, limit: number) => Promise<EventRow[]>,
  toPage: (rows: EventRow[], first: number) => EventPageRow,
): Promise<EventPageRow | null> {
  if (after === null) return null
  const known = remember(database, JSON.stringify(rangeValues(range)))
  if (++known.asked <= PAGES_WITHOUT_PLACES) return null
  known.places ??= findPlaces(database, range)
  known.places.catch(() => {
    known.places = undefined
  })
  const places = (await known.places).filter((each) => isAfter(each.lastId, after))
  const rows: EventRow[] = []
  let taken = 0
  let from = after
  for (const place of places) {
    for (const row of await read(place, from, first + 1 - rows.length)) rows.push(row)
    from = place.lastId
    taken++
    // Of events without a filter a place has as many as a page, and what is left of it is a page too.
    if (rows.length > first || (!isFiltered && rows.length > 0)) break
  }
  const page = toPage(rows, first)
  return { ...page, hasNextPage: page.hasNextPage || taken < places.length }
}

async function findPlaces(database: Database, range: EventRange): Promise<EventPlaces[]> {
  const rows = await database.call<{ lastId: Int8; table: number; firstTid: string; lastTid: string }>(
    'reader',
    placesStatement,
    [...rangeValues(range), PLACE_SIZE],
  )
  const places: EventPlaces[] = []
  for (const { lastId, table, firstTid, lastTid } of rows) {
    let place = places.at(-1)
    if (place?.lastId !== lastId) {
      place = { lastId, tables: [], firstTids: [], lastTids: [] }
      places.push(place)
    }
    place.tables.push(table)
    place.firstTids.push(firstTid)
    place.lastTids.push(lastTid)
  }
  return places
}

/** What is known of a batch, which becomes the latest. */
function remember(database: Database, key: string): Known {
  let all = knownOf.get(database)
  if (!all) {
    all = new Map()
    knownOf.set(database, all)
  }
  const known = all.get(key) ?? { asked: 0, places: undefined }
  all.delete(key)
  all.set(key, known)
  for (const oldest of all.keys()) {
    if (all.size <= MAX_KNOWN) break
    all.delete(oldest)
  }
  return known
}
