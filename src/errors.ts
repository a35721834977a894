/** The values of `extensions.code`. The GraphQL enum `ErrorCode` is built from this list. */
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
  /** Path of the faulty input field, such as `input.atTick`. */
  field?: string
  /** SQLSTATE of the PostgreSQL error that caused this one. */
  sqlstate?: string
  /** Whether the message does not say why; then the cause is logged, under an id that the client receives. */
  isUnexplained?: boolean
  /** Time after which the same may succeed (seconds); for limits on how often. */
  retryAfterSeconds?: number
  cause?: unknown
}

/**
 * Reports an expected failure. Its message may be shown to a client: it names the fault and the remedy, never SQL,
 * host names or stack traces. Any other thrown error counts as `INTERNAL` and is masked.
 */
export class PgqError extends Error {
  override readonly name = 'PgqError'
  readonly code: ErrorCode
  readonly field: string | undefined
  readonly sqlstate: string | undefined
  readonly isUnexplained: boolean
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, message: string, options: PgqErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.field = options.field
    this.sqlstate = options.sqlstate
    this.isUnexplained = options.isUnexplained ?? false
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}
