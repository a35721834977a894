import type { ErrorCode } from '../errors.ts'

interface Meaning {
  code: ErrorCode
  /** The same call may succeed later, without a change by the caller. */
  retryable?: true
  /** The server's message names the caller's mistake and is safe to show. */
  showMessage?: true
}

/** SQLSTATE raised when the event types of a queue are not those that the gateway knew. */
export const changedEventTypes = 'PQ017'

/**
 * The one table from SQLSTATE to error code. Class `PQ` is raised by this project's own SQL; the rest are
 * PostgreSQL's (Appendix A of its manual). A two-character key stands for the whole class and yields to a
 * five-character one.
 */
const meanings: Record<string, Meaning> = {
  PQ001: { code: 'QUEUE_NOT_FOUND', showMessage: true },
  PQ002: { code: 'CONSUMER_NOT_FOUND', showMessage: true },
  PQ003: { code: 'BATCH_NOT_FOUND', showMessage: true },
  PQ004: { code: 'EVENT_NOT_FOUND', showMessage: true },
  PQ005: { code: 'QUEUE_DISABLED', showMessage: true },
  PQ006: { code: 'TICKER_PAUSED', showMessage: true },
  PQ007: { code: 'EXTERNAL_TICKER', showMessage: true },
  PQ008: { code: 'QUEUE_HAS_CONSUMERS', showMessage: true },
  PQ009: { code: 'CONSUMER_BUSY', showMessage: true },
  PQ010: { code: 'BATCH_ACTIVE', showMessage: true },
  PQ011: { code: 'STALE_LEASE', showMessage: true },
  PQ012: { code: 'BAD_INPUT', showMessage: true },
  PQ013: { code: 'NOT_FOUND', showMessage: true },
  PQ014: { code: 'LIMIT_EXCEEDED', showMessage: true },
  PQ015: { code: 'BATCH_TOO_LARGE', showMessage: true },
  PQ016: { code: 'INTERNAL' },
  // The gateway reloads the types and tries again; a caller sees this when they change faster than that.
  [changedEventTypes]: { code: 'UNAVAILABLE', retryable: true },

  '08': { code: 'UNAVAILABLE', retryable: true },
  '22': { code: 'BAD_INPUT', showMessage: true },
  // An exhausted sequence is of class 22 too, and nobody's input.
  '2200H': { code: 'INTERNAL' },
  '23502': { code: 'BAD_INPUT', showMessage: true },
  '23514': { code: 'BAD_INPUT', showMessage: true },
  '25006': { code: 'UNAVAILABLE', retryable: true },
  '28': { code: 'UNAVAILABLE' },
  '3D': { code: 'UNAVAILABLE', retryable: true },
  '40': { code: 'UNAVAILABLE', retryable: true },
  '42501': { code: 'FORBIDDEN' },
  '53': { code: 'UNAVAILABLE', retryable: true },
  '54': { code: 'LIMIT_EXCEEDED' },
  '55P03': { code: 'UNAVAILABLE', retryable: true },
  '55006': { code: 'UNAVAILABLE', retryable: true },
  '57014': { code: 'TIMEOUT', retryable: true },
  '57': { code: 'UNAVAILABLE', retryable: true },
  '58': { code: 'UNAVAILABLE', retryable: true },
}

/** Says whether the same call may succeed later, without a change by the caller. */
export function isRetryable(sqlstate: string): boolean {
  return meaningOf(sqlstate)?.retryable ?? false
}

/** Finds what a SQLSTATE means to a caller; undefined for an unexpected one: a bug or a broken database. */
export function meaningOf(sqlstate: string): Meaning | undefined {
  return meanings[sqlstate] ?? meanings[sqlstate.slice(0, 2)]
}
