import { LRUCache } from 'lru-cache'
import { type Int8, isAfter } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import { type ReadEvents, toEventPage } from './event-page.ts'
import type { EventPageRow } from './event-row.ts'

/** A range of events: an open batch, or what lies between two ticks of a queue. */
export type EventRange = { batchId: Int8 } | { queueId: number; fromTick: Int8; toTick: Int8 }

/** Location of one page of a batch in the event tables: arrays of equal length, with tids as text. */
export interface PlacedEvents {
  lastId: Int8
  tables: number[]
  firstTids: string[]
  lastTids: string[]
}

interface Known {
  /** Number of pages read after the first. */
  asked: number
  places: Promise<PlacedEvents[]> | undefined
}

/** Number of events in a place. */
const PLACE_SIZE = 10_000
/** Number of pages read without places. Finding places costs as much as one such page. */
const PAGES_WITHOUT_PLACES = 2
/** Number of most recently read batches whose places are remembered. */
const MAX_KNOWN = 100

const placesStatement: Statement = {
  name: 'event-pages',
  role: 'reader',
  text: `select last_id as "lastId", table_number as "table", first_tid::text as "firstTid", last_tid::text as "lastTid"
    from pgq_gateway.event_pages($1, $2, $3, $4, $5)`,
}

/** Returns the first arguments of the SQL functions that take either kind of range. */
export function rangeValues(range: EventRange): (Int8 | number | null)[] {
  return 'batchId' in range
    ? [range.batchId, null, null, null]
    : [null, range.queueId, range.fromTick, range.toTick]
}

/**
 * Reads batches page by page, each page in a time independent of the batch's size. There is no index on event ids, so
 * without this every page would sort the whole batch.
 */
export class EventPlaces {
  readonly #database: Database
  readonly #known = new LRUCache<string, Known>({ max: MAX_KNOWN })

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Reads a page. One before the last may be shorter than `first`.
   *
   * @param read Reads at most `limit` events (and those that share the last id) of these places by id, from `after`
   *   up to `lastId`: neighbouring places overlap.
   * @returns Null for the first pages, which are read without places.
   */
  async page(
    queue: string,
    range: EventRange,
    { first, after, isFiltered }: { first: number; after: Int8 | null; isFiltered: boolean },
    read: (places: PlacedEvents, after: Int8, limit: number) => Promise<ReadEvents>,
  ): Promise<EventPageRow | null> {
    if (after === null) return null
    const places = await this.after(queue, range, after)
    if (!places) return null
    const all: ReadEvents = { rows: [], isCut: false }
    const { rows } = all
    let taken = 0
    let from = after
    for (const place of places) {
      const found = await read(place, from, first + 1 - rows.length)
      for (const row of found.rows) rows.push(row)
      all.isCut = found.isCut
      from = place.lastId
      taken++
      // A place holds about as many events as a page when nothing is filtered, and its remainder is a page too.
      if (all.isCut || rows.length > first || (!isFiltered && rows.length > 0)) break
    }
    const page = toEventPage(all, first)
    return { ...page, hasNextPage: page.hasNextPage || taken < places.length }
  }

  /** Finds where the events past an id are; to be asked once for each page. @returns Null for the first pages, which are read without places. */
  async after(queue: string, range: EventRange, after: Int8 | null): Promise<PlacedEvents[] | null> {
    if (after === null) return null
    const key = JSON.stringify(rangeValues(range))
    const known = this.#known.get(key) ?? { asked: 0, places: undefined }
    this.#known.set(key, known)
    if (++known.asked <= PAGES_WITHOUT_PLACES) return null
    known.places ??= this.#find(queue, range)
    known.places.catch(() => {
      known.places = undefined
    })
    return (await known.places).filter((each) => isAfter(each.lastId, after))
  }

  async #find(queue: string, range: EventRange): Promise<PlacedEvents[]> {
    const rows = await this.#database.call<{
      lastId: Int8
      table: number
      firstTid: string
      lastTid: string
    }>(placesStatement, [...rangeValues(range), PLACE_SIZE], { queue })
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
