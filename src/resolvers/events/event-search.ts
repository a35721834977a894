import { PgqError } from '../../errors.ts'
import { type Int8, parseInt8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'
import type { DatabaseView } from '../database-view.ts'
import { pageRequest } from '../page.ts'
import { charactersIn, type EventFilter, type EventRow, eventColumns, filterValues } from './event-row.ts'
import { type JsonCondition, jsonConditionValues } from './json-condition.ts'

/** Conditions on the events of a log, all of which must hold. */
export interface EventSearch extends EventFilter {
  eventId?: Int8 | null | undefined
  /** First time at which its transaction may have begun. */
  from?: string | null | undefined
  to?: string | null | undefined
  /** Text that its data has. */
  contains?: string | null | undefined
  json?: JsonCondition | null | undefined
}

/** An event with its place in the log. */
export interface FoundEvent extends EventRow {
  cursor: SearchCursor
}

/** A place in the log: an event table, as it was filled, and a tid there. What was written before it is yet to be searched. */
export type SearchCursor = [tableNumber: string, filenode: string, place: string]

export interface SearchPosition {
  eventId: Int8
  time: string
}

export interface EventSearchPage {
  rows: FoundEvent[]
  /** Oldest event that was looked at; null where there was none. */
  searchedTo: SearchPosition | null
  /** Whether nothing older is left to be searched. */
  isComplete: boolean
  /** Where to go on; null when it is complete. */
  endCursor: SearchCursor | null
}

/** Blocks of an event table that are to be searched, backwards. */
interface Span {
  queueId: number
  tableNumber: number
  filenode: string
  firstBlock: number
  /** The search goes on before this place. */
  before: Place
  windowBlocks: number
}

interface Place {
  block: number
  line: number
}

/** Time after which a search begins no other statement (milliseconds). */
const SEARCH_MS = 400
/** Reading JSON takes this many times as long as comparing text. */
const JSON_SLOWNESS = 4

const tablesStatement: Statement = {
  name: 'log-tables',
  role: 'reader',
  kind: 'listing',
  text: `select queue_id as "queueId", table_number as "tableNumber", filenode::text, first_block::float8 as "firstBlock",
    end_block::float8 as "endBlock", window_blocks as "windowBlocks" from pgq_gateway.log_tables($1, $2, $3, $4)`,
}

const searchStatement: Statement = {
  name: 'search-events',
  role: 'reader',
  kind: 'listing',
  text: `select is_found as "isFound", place::text, ${eventColumns}
    from pgq_gateway.search_events($1, $2, $3, $4, $5::text::tid, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
}

/**
 * Searches the log of a queue from its end, or from a cursor, backwards: for a page of events, or for a limited time.
 *
 * @param input.after Place where an earlier search has ended.
 * @throws PgqError `QUEUE_NOT_FOUND`, `BAD_INPUT`, `LIMIT_EXCEEDED`.
 */
export async function searchEvents(
  context: Context,
  input: {
    database: string
    queue: string
    filter?: EventSearch | null | undefined
    first?: number | null | undefined
    after: readonly string[] | null
  },
): Promise<EventSearchPage> {
  const first = pageRequest({ first: input.first }, context.limits).limit - 1
  const view = context.database(input.database)
  const search = new LogSearch(view, input.queue, input.filter ?? {}, checkCursor(input.after))
  const maxBytes = Math.min(context.limits.maxEventBytes, view.state.memory.smallPageBytes)
  const page = await search.page(first, maxBytes, (step) => context.budget.run(step))
  context.budget.spendCharacters(charactersIn(page.rows))
  return page
}

/** Finds an event in the log by its id; null where rotation has removed it. @throws PgqError `QUEUE_NOT_FOUND`. */
export async function findLoggedEvent(
  context: Context,
  { database, queue, eventId }: { database: string; queue: string; eventId: Int8 },
): Promise<EventRow | null> {
  const search = new LogSearch(context.database(database), queue, { eventId }, null)
  const { rows } = await search.page(1, context.limits.maxEventBytes, (step) => context.budget.run(step))
  return rows[0] ?? null
}

type Run = <Value>(step: () => Promise<Value>) => Promise<Value>

class LogSearch {
  readonly #view: DatabaseView
  readonly #queue: string
  readonly #filter: EventSearch
  readonly #after: SearchCursor | null
  readonly #conditions: unknown[]

  constructor(view: DatabaseView, queue: string, filter: EventSearch, after: SearchCursor | null) {
    this.#view = view
    this.#queue = queue
    this.#filter = filter
    this.#after = after
    const { eventId = null, from = null, to = null, contains = null, json } = filter
    const [types, ...extras] = filterValues(filter)
    this.#conditions = [eventId, from, to, types, extras, contains, ...jsonConditionValues(json)]
  }

  /** Searches until the page is full, the time is over or nothing is left. @param run Runs each statement. */
  async page(first: number, maxBytes: number, run: Run): Promise<EventSearchPage> {
    const endMs = performance.now() + SEARCH_MS
    const page: EventSearchPage = { rows: [], searchedTo: null, isComplete: false, endCursor: null }
    let leftBytes = maxBytes
    const spans = await run(() => this.#spans())
    for (const span of spans)
      while (isLeft(span)) {
        if (page.rows.length >= first || leftBytes <= 0 || performance.now() > endMs)
          return { ...page, endCursor: cursorOf(span) }
        leftBytes = await run(() => this.#step(span, page, first - page.rows.length, leftBytes))
      }
    return { ...page, isComplete: true }
  }

  /** Finds what is to be searched. */
  async #spans(): Promise<Span[]> {
    const { eventId = null, from = null, to = null } = this.#filter
    const tables = await this.#view.call<Omit<Span, 'before'> & { endBlock: number }>(
      tablesStatement,
      [this.#queue, from, to, eventId],
      this.#queue,
    )
    const spans = tables.map(({ endBlock, ...table }) => ({ ...table, before: { block: endBlock, line: 0 } }))
    if (!this.#after) return spans
    const [tableNumber, filenode, place] = this.#after
    const at = spans.findIndex(
      (span) => String(span.tableNumber) === tableNumber && span.filenode === filenode,
    )
    const [current, ...older] = at < 0 ? [] : spans.slice(at)
    // Where rotation has emptied the table, it has emptied the older ones before.
    return current ? [{ ...current, before: earlier(current.before, placeOf(place)) }, ...older] : []
  }

  /** Searches the last blocks of a span, and takes them off. @returns The room that is left on the page (bytes). */
  async #step(span: Span, page: EventSearchPage, limit: number, maxBytes: number): Promise<number> {
    const { queueId, tableNumber, filenode, before } = span
    const slowness = this.#filter.json ? JSON_SLOWNESS : 1
    const window = Math.max(1, Math.floor(span.windowBlocks / slowness))
    const firstBlock = Math.max(span.firstBlock, endBlock(before) - window)
    const place = [queueId, tableNumber, filenode, firstBlock, textOf(before), limit]
    const { rows, isCut, meanBytes } = await this.#view.callBounded<
      EventRow & { isFound: boolean; place: string }
    >(searchStatement, [...place, ...this.#conditions], { maxBytes, queue: this.#queue })
    const found = rows.filter(({ isFound }) => isFound)
    for (const { isFound: _, place, ...event } of found)
      page.rows.push({ ...event, cursor: [String(tableNumber), filenode, place] })
    const isFull = isCut || found.length >= limit
    const last = isFull ? found.at(-1) : rows.at(-1)
    if (last) page.searchedTo = { eventId: last.eventId, time: last.time }
    span.before = isFull && last ? placeOf(last.place) : { block: firstBlock, line: 0 }
    return isCut ? 0 : maxBytes - rows.length * meanBytes
  }
}

function isLeft({ before, firstBlock }: Span): boolean {
  return endBlock(before) > firstBlock
}

/** Finds the first block in which nothing lies before a place. */
function endBlock({ block, line }: Place): number {
  return line > 1 ? block + 1 : block
}

function earlier(a: Place, b: Place): Place {
  return a.block < b.block || (a.block === b.block && a.line < b.line) ? a : b
}

function cursorOf({ tableNumber, filenode, before }: Span): SearchCursor {
  return [String(tableNumber), filenode, textOf(before)]
}

function textOf({ block, line }: Place): string {
  return `(${block},${line})`
}

function placeOf(text: string): Place {
  const [, block, line] = placePattern.exec(text) ?? []
  return { block: Number(block), line: Number(line) }
}

const placePattern = /^\((\d{1,10}),(\d{1,5})\)$/

/** @throws PgqError `BAD_INPUT` for what no search has returned. */
function checkCursor(cursor: readonly string[] | null): SearchCursor | null {
  if (!cursor) return null
  const [tableNumber = '', filenode = '', place = ''] = cursor
  const { block, line } = placeOf(place)
  if (parseInt8(tableNumber) !== null && parseInt8(filenode) !== null && block < 2 ** 32 && line < 2 ** 16)
    return [tableNumber, filenode, place]
  throw new PgqError(
    'BAD_INPUT',
    'after is not a cursor of this search; pass one that its pageInfo returned',
    {
      field: 'after',
    },
  )
}
