import { LRUCache } from 'lru-cache'
import { type Int8, isAfter } from '../../int8.ts'
import type { Database } from '../../postgres/database.ts'
import type { EventPageRow, EventRow } from './event-row.ts'

/** An open batch, or the ticks of a queue that bound a range of events. */
export type EventRange = { batchId: Int8 } | { queueId: number; fromTick: Int8; toTick: Int8 }

/** Where one page of a batch lies in the event tables; arrays of equal length, tids as text. */
export interface PlacedEvents {
  lastId: Int8
  tables: number[]
  firstTids: string[]
  lastTids: string[]
}

interface Known {
  /** Pages after the first that were asked for. */
  asked: number
  places: Promise<PlacedEvents[]> | undefined
}

/** Number of events in a place. */
const PLACE_SIZE = 10_000
/** Pages that are read without places. To find the places takes a sort of the whole batch, as much as a page without them; it pays from here on. */
const PAGES_WITHOUT_PLACES = 2
/** Number of batches whose places are remembered: the latest that were read. */
const MAX_KNOWN = 100

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
 * Pages batches that are read page by page, each page in a time that does not depend on the size of the batch: without
 * an index on event ids each page by itself would have to sort all of it.
 */
export class EventPlaces {
  readonly #database: Database
  readonly #known = new LRUCache<string, Known>({ max: MAX_KNOWN })

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Reads a page, which may be shorter than `first` before the last.
   *
   * @param read Reads at most `limit` events (and those that share the last id) of these places by id, from `after` up
   *   to `lastId`: the places of neighbours overlap.
   * @returns Null for the first pages: most batches have no more.
   */
  async page(
    range: EventRange,
    { first, after, isFiltered }: { first: number; after: Int8 | null; isFiltered: boolean },
    read: (places: PlacedEvents, after: Int8, limit: number) => Promise<EventRow[]>,
    toPage: (rows: EventRow[], first: number) => EventPageRow,
  ): Promise<EventPageRow | null> {
    if (after === null) return null
    const key = JSON.stringify(rangeValues(range))
    const known = this.#known.get(key) ?? { asked: 0, places: undefined }
    this.#known.set(key, known)
    if (++known.asked <= PAGES_WITHOUT_PLACES) return null
    known.places ??= this.#find(range)
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

  async #find(range: EventRange): Promise<PlacedEvents[]> {
    const rows = await this.#database.call<{
      lastId: Int8
      table: number
      firstTid: string
      lastTid: string
    }>('reader', placesStatement, [...rangeValues(range), PLACE_SIZE])
    const places: PlacedEvents[] = []
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
}
