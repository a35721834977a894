import type { ErrorCode } from '../errors.ts'

interface Meaning {
  code: ErrorCode
  /** The same call may succeed later, without a change by the caller. */
  retryable?: true
  /** The server's message names the caller's mistake and is safe to show. */
  showMessage?: true
  /** Neither the code nor the message says why, so the server's message is logged. */
  isUnexplained?: true
}

/** SQLSTATE raised when the event types of a queue are not those that the gateway knew. */
export const changedEventTypes = 'PQ017'

/** SQLSTATE raised when a queue is to be ticked whose transaction ids are ahead of the server's. */
export const misnumberedQueue = 'PQ018'
/** SQLSTATE of a write where the server, or the session by its defaults, takes none. */
export const readOnly = '25006'
/** SQLSTATE of a statement that has waited for a lock for longer than it may. */
export const lockTimeout = '55P03'
/** SQLSTATE of a server, database or role that has as many connections as it may have. */
export const tooManyConnections = '53300'
/** SQLSTATE raised when a gateway ticks that does not lead, having been found dead. */
export const notLeading = 'PQ019'

/**
 * The one table from SQLSTATE to error code. Class `PQ` is raised by this project's own SQL; the rest are
 * PostgreSQL's (Appendix A of its manual). A two-character key stands for the whole class and yields to a
 * five-character one. What is not listed is a bug or a broken database, such as PQ016 (a queue whose state is not
 * consistent), 2200H (an exhausted sequence) or a constraint of our own tables.
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
  // The gateway reloads the types and tries again; a caller sees this when they change faster than that.
  [changedEventTypes]: { code: 'UNAVAILABLE', retryable: true },
  [misnumberedQueue]: { code: 'UNAVAILABLE', showMessage: true },
  [notLeading]: { code: 'UNAVAILABLE', retryable: true },

  '08': { code: 'UNAVAILABLE', retryable: true },
  // A cached plan does not fit a changed view or function; on another connection it is made again.
  '0A000': { code: 'UNAVAILABLE', retryable: true },
  // What a text, time or number of the caller can meet; the rest of class 22 is nobody's input.
  '22003': { code: 'BAD_INPUT', showMessage: true },
  '22007': { code: 'BAD_INPUT', showMessage: true },
  '22008': { code: 'BAD_INPUT', showMessage: true },
  '22021': { code: 'BAD_INPUT', showMessage: true },
  '22025': { code: 'BAD_INPUT', showMessage: true },
  '22P05': { code: 'BAD_INPUT', showMessage: true },
  [readOnly]: { code: 'UNAVAILABLE', retryable: true },
  '25P03': { code: 'UNAVAILABLE', retryable: true },
  '25P04': { code: 'TIMEOUT', retryable: true },
  '28': { code: 'UNAVAILABLE' },
  '3D': { code: 'UNAVAILABLE', retryable: true },
  '40': { code: 'UNAVAILABLE', retryable: true },
  '42501': { code: 'FORBIDDEN', isUnexplained: true },
  '53': { code: 'UNAVAILABLE', retryable: true },
  '54000': { code: 'LIMIT_EXCEEDED' },
  '54001': { code: 'LIMIT_EXCEEDED' },
  [lockTimeout]: { code: 'UNAVAILABLE', retryable: true },
  '55006': { code: 'UNAVAILABLE', retryable: true },
  '57014': { code: 'TIMEOUT', retryable: true },
  '57': { code: 'UNAVAILABLE', retryable: true },
  '58': { code: 'UNAVAILABLE', retryable: true },
}

/** Constraints, values that a trigger or a constraint cannot read, and what a trigger raises on purpose. */
const refusals: ReadonlySet<string> = new Set([
  ...['23502', '23503', '23505', '23514', '23P01'],
  ...['22001', '22003', '22007', '22008', '22015', '22023', '22030', '22032', '22P02', '22P05'],
])

/** SQLSTATE of an exception that names none. */
const RAISED = 'P0001'

/**
 * Finds what it means that the insert of an event has failed by a rule of the operator's, a constraint or a trigger.
 *
 * @param table Table that the server names with the error, such as that of a constraint.
 * @param code Code for such an event.
 * @returns Undefined for an error that is none of that.
 */
export function refusalOf(sqlstate: string, table: string | undefined, code: ErrorCode): Meaning | undefined {
  // Any other table is not that of the events.
  if (table !== undefined && !/^event_\d/.test(table)) return undefined
  if (refusals.has(sqlstate)) return { code, showMessage: true }
  return sqlstate === RAISED ? { code, isUnexplained: true } : undefined
}

/** Says whether the same call may succeed later, without a change by the caller. */
export function isRetryable(sqlstate: string): boolean {
  return meaningOf(sqlstate)?.retryable ?? false
}

/** Finds what a SQLSTATE means to a caller; undefined for an unexpected one: a bug or a broken database. */
export function meaningOf(sqlstate: string): Meaning | undefined {
  return meanings[sqlstate] ?? meanings[sqlstate.slice(0, 2)]
}
