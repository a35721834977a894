import { ErrorCode } from './generated/enums.ts'

export interface PgqClientErrorOptions {
  field?: string | undefined
  errorId?: string | undefined
  cause?: unknown
}

/**
 * Whatever goes wrong between this client and its server, by `code`: the server's own codes, and `UNAVAILABLE` or
 * `TIMEOUT` where no answer came. Messages are for people; do not match them.
 */
export class PgqClientError extends Error {
  override readonly name = 'PgqClientError'
  readonly code: ErrorCode
  /** The input field at fault, as a path such as `input.queue`. */
  readonly field: string | undefined
  /** On `INTERNAL`: what the server's log has it under. */
  readonly errorId: string | undefined

  constructor(code: ErrorCode, message: string, options: PgqClientErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.field = options.field
    this.errorId = options.errorId
  }
}

/** It may pass by itself: the server, its database or the way there is down. */
export function isTransient(error: unknown): error is PgqClientError {
  return error instanceof PgqClientError && (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT')
}

/**
 * Worth asking again where nothing is changed by it. Beside what is transient that is what the server did not expect and
 * has logged: a consumer that runs for months should outlive a hiccup of which it can only be told that it was one.
 */
export function mayPass(error: unknown): error is PgqClientError {
  return isTransient(error) || (hasCode(error, 'INTERNAL') && error.errorId !== undefined)
}

export function hasCode(error: unknown, code: ErrorCode): error is PgqClientError {
  return error instanceof PgqClientError && error.code === code
}

/** An entry of `errors` in a GraphQL reply, which is not to be trusted to look like one. */
export function toClientError(entry: unknown): PgqClientError {
  const { message, extensions } = isObject(entry) ? entry : {}
  const { code, field, errorId } = isObject(extensions) ? extensions : {}
  return new PgqClientError(
    isErrorCode(code) ? code : 'INTERNAL',
    typeof message === 'string' ? message : 'The server answered with an error that says nothing',
    {
      field: typeof field === 'string' ? field : undefined,
      errorId: typeof errorId === 'string' ? errorId : undefined,
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
