import { PgqError } from '../errors.ts'
import type { Limits } from './limits.ts'

/** Relay's paging arguments, with the cursors already decoded. */
export interface PageInput {
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

export interface Page<Row> {
  rows: Row[]
  hasNextPage: boolean
  hasPreviousPage: boolean
}

/** Parameters of a statement that reads a page: `limit` is one more than its size, to see whether more follow. */
export interface PageRequest {
  after: string | null
  before: string | null
  limit: number
  backward: boolean
}

const DEFAULT_PAGE_SIZE = 100

/**
 * Checks paging arguments and applies the default size of 100.
 *
 * @throws PgqError `BAD_INPUT` for a negative size or both directions at once; `LIMIT_EXCEEDED` for too large a page.
 */
export function pageRequest(input: PageInput, limits: Limits): PageRequest {
  const { first, last } = input
  if (first != null && last != null) {
    throw new PgqError('BAD_INPUT', 'Give first or last, not both', { field: 'last' })
  }
  const backward = last != null
  const size = first ?? last ?? Math.min(DEFAULT_PAGE_SIZE, limits.maxPageSize)
  const field = backward ? 'last' : 'first'
  if (size < 0) throw new PgqError('BAD_INPUT', `${field} must not be negative, got ${size}`, { field })
  if (size > limits.maxPageSize) {
    throw new PgqError(
      'LIMIT_EXCEEDED',
      `${field} may be at most ${limits.maxPageSize}, got ${size}; read on with after`,
      { field },
    )
  }
  return { after: input.after ?? null, before: input.before ?? null, limit: size + 1, backward }
}

/**
 * Makes a page from the rows that a statement returned for `request`, in the order in which it read them.
 *
 * @param isCut Whether there were more than these, which were too large.
 */
export function toPage<Row>(rows: Row[], request: PageRequest, isCut = false): Page<Row> {
  const isFull = rows.length === request.limit
  const hasMore = isFull || isCut
  const kept = isFull ? rows.slice(0, -1) : rows
  if (request.backward) {
    return { rows: kept.toReversed(), hasPreviousPage: hasMore, hasNextPage: request.before !== null }
  }
  return { rows: kept, hasNextPage: hasMore, hasPreviousPage: request.after !== null }
}

/** Cuts a page from a complete list in memory, ordered by the bytes of its keys as `collate "C"` orders them. */
export function slicePage<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  request: PageRequest,
): Page<Row> {
  const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
  const within = rows
    .filter((row) => request.after === null || compare(keyOf(row), request.after) > 0)
    .filter((row) => request.before === null || compare(keyOf(row), request.before) < 0)
    .sort((a, b) => compare(keyOf(a), keyOf(b)))
  if (request.backward) within.reverse()
  return toPage(within.slice(0, request.limit), request)
}
