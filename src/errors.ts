/** `extensions.code` of every expected error; the GraphQL enum of the same name is built from this list. */
export const errorCodes = [
  'BAD_INPUT',
  'NOT_FOUND',
  'QUEUE_NOT_FOUND',
  'CONSUMER_NOT_FOUND',
  'BATCH_NOT_FOUND',
  'EVENT_NOT_FOUND',
  'QUEUE_DISABLED',
  'TICKER_PAUSED',
  'EXTERNAL_TICKER',
  'QUEUE_HAS_CONSUMERS',
  'CONSUMER_BUSY',
  'BATCH_ACTIVE',
  'STALE_LEASE',
  'BATCH_TOO_LARGE',
  'INVALID_PAYLOAD',
  'INCOMPATIBLE_SCHEMA',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'LIMIT_EXCEEDED',
  'UNAVAILABLE',
  'TIMEOUT',
  'INTERNAL',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export interface PgqErrorOptions {
  /** The input field at fault, as a path such as `input.atTick`. */
  field?: string
  /** SQLSTATE of the PostgreSQL error behind this one. */
  sqlstate?: string
  cause?: unknown
}

/**
 * An expected failure. Its message may be shown to a client: it names what is wrong and the remedy, never
 * SQL, host names or stack traces. Everything else that is thrown counts as `INTERNAL` and is masked.
 */
export class PgqError extends Error {
  override readonly name = 'PgqError'
  readonly code: ErrorCode
  readonly field: string | undefined
  readonly sqlstate: string | undefined

  constructor(code: ErrorCode, message: string, options: PgqErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.field = options.field
    this.sqlstate = options.sqlstate
  }
}
