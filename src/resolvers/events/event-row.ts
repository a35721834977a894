import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'

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

/** Conditions on an event, all of which must hold; null is no condition. */
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

/** Adds up the characters that clients have chosen in events. */
export function charactersIn(rows: readonly EventRow[]): number {
  let sum = 0
  for (const { type, data, extra1, extra2, extra3, extra4 } of rows)
    for (const text of [data, type, extra1, extra2, extra3, extra4]) sum += text?.length ?? 0
  return sum
}

/** Maximum number of types in a filter: a stream keeps them. */
const MAX_TYPES = 1_000

/** @throws PgqError `LIMIT_EXCEEDED` for too many types. */
export function checkTypes(types: readonly unknown[] | null | undefined): void {
  if ((types?.length ?? 0) <= MAX_TYPES) return
  throw new PgqError('LIMIT_EXCEEDED', `A filter holds at most ${MAX_TYPES} types`, { field: 'filter.types' })
}

/**
 * Returns the conditions as SQL takes them: types, extra1 to extra4.
 *
 * @throws PgqError `LIMIT_EXCEEDED` for too many types.
 */
export function filterValues(filter: EventFilter | null | undefined): unknown[] {
  checkTypes(filter?.types)
  return [
    filter?.types ?? null,
    filter?.extra1 ?? null,
    filter?.extra2 ?? null,
    filter?.extra3 ?? null,
    filter?.extra4 ?? null,
  ]
}
