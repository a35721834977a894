import type { DeadLetterFilter } from '../generated/operations.ts'
import { instantOf } from '../ui/format.ts'

/** Conditions as the address has them: texts, left out where there is none. */
export interface Conditions {
  queue?: string | undefined
  consumer?: string | undefined
  /** Reason of a group; empty for dead letters without one. */
  reason?: string | undefined
  /** Type of a group; empty for events without one. */
  type?: string | undefined
  contains?: string | undefined
  /** Times in UTC, as `datetime-local` writes them. */
  from?: string | undefined
  to?: string | undefined
}

const names = ['queue', 'consumer', 'reason', 'type', 'contains', 'from', 'to'] as const
/** Conditions that an empty text meets, too. */
const mayBeEmpty = new Set<string>(['reason', 'type'])

/** Reads conditions from an address. */
export function conditionsIn(search: Record<string, unknown>): Conditions {
  const given = names.filter(
    (name) => search[name] !== undefined && (search[name] !== '' || mayBeEmpty.has(name)),
  )
  return Object.fromEntries(given.map((name) => [name, String(search[name])]))
}

/** Which dead letters are shown, as the gateway takes it. */
export interface Choice {
  database: string
  queue: string | null
  consumer: string | null
  filter: DeadLetterFilter
}

export function choiceOf(database: string, conditions: Conditions): Choice {
  const { queue = null, consumer = null, reason, type, contains, from, to } = conditions
  const filter: DeadLetterFilter = {
    ...(reason !== undefined && { reason }),
    ...(type !== undefined && { types: [type === '' ? null : type] }),
    ...(contains !== undefined && { reasonContains: contains }),
    ...(from !== undefined && { failedFrom: instantOf(from) }),
    ...(to !== undefined && { failedTo: instantOf(to) }),
  }
  return { database, queue, consumer, filter }
}
