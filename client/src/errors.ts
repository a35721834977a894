import { ErrorCode } from './generated/enums.ts'

export interface PgqClientErrorOptions {
  field?: string | undefined
  errorId?: string | undefined
  retryAfterSeconds?: number | undefined
  cause?: unknown
}

/**
 * A call to the server failed. `code` is the server's own, or `UNAVAILABLE` or `TIMEOUT` where no answer came, or
 * `BAD_INPUT` for input that cannot be sent. Messages are for people; do not match them.
 */
export class PgqClientError extends Error {
  override readonly name = 'PgqClientError'
  readonly code: ErrorCode
  /** The input field at fault, as a path such as `input.queue`. */
  readonly field: string | undefined
  /** Finds the cause in the server's log, where the message does not say it: with `INTERNAL`, and some others. */
  readonly errorId: string | undefined
  /** The server has done nothing, and may do the same after this long. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, message: string, options: PgqClientErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.field = options.field
    this.errorId = options.errorId
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** The server takes the token no more, or there is none; the caller's function may give a better one another time. */
export class RefusedToken extends PgqClientError {
  /** How long the server had taken it, on a stream; 0 where it never did. */
  readonly acceptedMs: number

  constructor(message: string, { cause, acceptedMs = 0 }: { cause: unknown; acceptedMs?: number }) {
    super('UNAUTHENTICATED', message, { cause })
    this.acceptedMs = acceptedMs
  }
}

/**
 * True for an error that may pass by itself: the server, its database or the network is down, this caller was too fast, or
 * its function for tokens gives none that the server takes.
 */
export function isTransient(error: unknown): error is PgqClientError {
  return (
    isTooFast(error) ||
    hasCode(error, 'UNAVAILABLE') ||
    hasCode(error, 'TIMEOUT') ||
    error instanceof RefusedToken
  )
}

/** True where the caller has used up what it may do at a time. Then nothing was done, and `retryAfterSeconds` is known. */
export function isTooFast(error: unknown): error is PgqClientError & { readonly retryAfterSeconds: number } {
  return hasCode(error, 'LIMIT_EXCEEDED') && error.retryAfterSeconds !== undefined
}

/**
 * True for an error after which a call without side effects is worth repeating: a transient one, or one that the server
 * did not expect and has logged. A consumer that runs for months should outlive those.
 */
export function mayPass(error: unknown): error is PgqClientError {
  return isTransient(error) || (hasCode(error, 'INTERNAL') && error.errorId !== undefined)
}

export function hasCode(error: unknown, code: ErrorCode): error is PgqClientError {
  return error instanceof PgqClientError && error.code === code
}

/** Makes an error of an entry of `errors` in a GraphQL reply, which may have any shape. */
export function toClientError(entry: unknown): PgqClientError {
  const { message, extensions } = isObject(entry) ? entry : {}
  const { code, field, errorId, retryAfterSeconds } = isObject(extensions) ? extensions : {}
  return new PgqClientError(
    isErrorCode(code) ? code : 'INTERNAL',
    typeof message === 'string' ? message : 'The server answered with an error that has no message',
    {
      field: typeof field === 'string' ? field : undefined,
      errorId: typeof errorId === 'string' ? errorId : undefined,
      retryAfterSeconds: typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined,
    },
  )
}

/** A newer server may have codes that this client does not know; those count as `INTERNAL`. */
function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ErrorCode, code)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
