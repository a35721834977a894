import { LRUCache } from 'lru-cache'
import type { BoundedRows } from '../../postgres/bounded-query.ts'
import type { EventPageRow, EventRow } from './event-row.ts'

/** Events as a statement gave them, by id; more may follow where they are as many as asked for, or were cut. */
export interface ReadEvents {
  rows: EventRow[]
  /** Whether more came than fit into the limit of bytes. */
  isCut: boolean
}

/** Makes a page from rows read with a limit of `first + 1`, and ties. */
export function toEventPage({ rows, isCut }: ReadEvents, first: number): EventPageRow {
  // The row past the page shows that more follow; it and those that share its id belong to the next page. Of rows that were
  // cut the last is not known to have all that share its id.
  const overhang = (rows[first] ?? (isCut ? rows.at(-1) : undefined))?.eventId
  const cut = overhang === undefined ? rows.length : rows.findIndex((row) => row.eventId === overhang)
  // A page is never empty: events that share one id and fill it are returned whole.
  const events = cut === 0 ? rows : rows.slice(0, cut)
  return { events, hasNextPage: cut > 0 && overhang !== undefined, endCursor: events.at(-1)?.eventId ?? null }
}

/** Says whether a page cannot be made of rows that were cut: all share one id, and others with that id are missing. */
export function isCutWithinId({ rows, isCut }: ReadEvents): boolean {
  return isCut && rows[0]?.eventId === rows.at(-1)?.eventId
}

/** Number of queues whose sizes are remembered. */
const MAX_QUEUES = 10_000
/** Events vary in size: this many times as many are asked for as should fit. */
const MARGIN = 1.25

/** Remembers how large the events of each queue were, so that pages of large ones are not read in vain. */
export class EventSizes {
  readonly #means = new LRUCache<string, number>({ max: MAX_QUEUES })
  /** Sizes of the last pages, at least. */
  readonly #pages = new LRUCache<string, number>({ max: MAX_QUEUES })

  /** Says whether the last page of the queue was larger. */
  isLarger(queue: string, bytes: number): boolean {
    return (this.#pages.get(queue) ?? 0) > bytes
  }

  /** Says how many events to ask for, of `first`, to get so many bytes. */
  fit(queue: string, first: number, maxBytes: number): number {
    const mean = this.#means.get(queue) ?? 0
    return mean * first <= maxBytes ? first : Math.min(first, Math.ceil((MARGIN * maxBytes) / mean))
  }

  learn(queue: string, meanBytes: number): void {
    if (meanBytes > 0) this.#means.set(queue, meanBytes)
  }

  /** Remembers the size of a page; one that was cut has no bound. */
  learnPage(queue: string, { rows, isCut, meanBytes }: BoundedRows<unknown>): void {
    this.learn(queue, meanBytes)
    this.#pages.set(queue, isCut ? Number.POSITIVE_INFINITY : rows.length * meanBytes)
  }
}
