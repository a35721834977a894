import { checkTypes } from '../events/event-row.ts'

/** Conditions on dead letters, all of which must hold. */
export interface DeadLetterFilter {
  /** A part of the reason. */
  reasonContains?: string | null | undefined
  /** The whole reason as groups have it. */
  reason?: string | null | undefined
  /** Null among them is for events without a type. */
  types?: readonly (string | null | undefined)[] | null | undefined
  failedFrom?: string | null | undefined
  failedTo?: string | null | undefined
}

/** Returns the conditions as SQL takes them, in the order of `dead_letter_meets`. @throws PgqError `LIMIT_EXCEEDED`. */
export function letterConditions(filter: DeadLetterFilter | null | undefined): unknown[] {
  checkTypes(filter?.types)
  return [
    filter?.reasonContains ?? null,
    filter?.reason ?? null,
    filter?.types ?? null,
    filter?.failedFrom ?? null,
    filter?.failedTo ?? null,
  ]
}

/** Makes the SQL condition of a filter on rows of `dead_letter_info`, whose values are five parameters. */
export function meetsFilter(parameter: number): string {
  const [contains, reason, types, from, to] = [0, 1, 2, 3, 4].map((index) => `$${parameter + index}`)
  return `pgq_gateway.dead_letter_meets(reason, ev_type, failed_at,
        ${contains}::text, ${reason}::text, ${types}::text[], ${from}::timestamptz, ${to}::timestamptz)`
}
