/** What is looked for; `docs/diagnosis.md` tells of each. */
export const findingChecks = [
  'UNREACHABLE',
  'SCHEMA',
  'NO_TICKER',
  'TWO_TICKERS',
  'TICK_OVERDUE',
  'TICKER_PAUSED',
  'TICKER_EXTERNAL',
  'QUEUE_DISABLED',
  'QUEUE_DAMAGED',
  'ROTATION_BLOCKED',
  'CONSUMER_BEHIND',
  'RETRIES_OVERDUE',
  'RETRIES_GROWING',
  'DEAD_LETTERS',
  'LONG_TRANSACTION',
  'PREPARED_TRANSACTION',
  'NOT_LISTENING',
  'NOTIFY_QUEUE',
  'CONNECTIONS',
  'AUTOVACUUM',
  'TRANSACTION_IDS',
  'CLOCK',
  'TICK_TRIGGER',
  'SEARCH_PATH',
  'PRIVILEGES',
] as const

export type FindingCheck = (typeof findingChecks)[number]

/** From the worst on. */
export const severities = ['ERROR', 'WARNING', 'INFO'] as const

export type Severity = (typeof severities)[number]

/** Something that is wrong, or may become so, and what mends it. */
export interface Finding {
  check: FindingCheck
  severity: Severity
  /** Name of the queue that it is about; null where it is about more, or less, than one. */
  queue: string | null
  /** Name of the consumer of that queue that it is about; null where it is about none. */
  consumer: string | null
  /** What it is about, as people call it. */
  subject: string
  what: string
  why: string
  remedy: string
  /** Statements that mend it, one a line, each to be run by itself. */
  sql: string | null
  /** Command of a shell that mends it. */
  command: string | null
}

/** A finding as a check writes it: what it leaves out is null. */
export type NewFinding = Omit<Finding, Optional> & Partial<Pick<Finding, Optional>>

type Optional = 'queue' | 'consumer' | 'sql' | 'command'

export function toFinding(given: NewFinding): Finding {
  return { queue: null, consumer: null, sql: null, command: null, ...given }
}

/** Says why blocked rotation matters, whatever blocks it. */
export const whatBlockedRotationMeans = 'no table of the queue is emptied, so the newest one grows and grows.'
