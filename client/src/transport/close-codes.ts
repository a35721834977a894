import { PgqClientError } from '../errors.ts'
import type { ErrorCode } from '../generated/enums.ts'
import type { CloseEventLike } from './web-socket.ts'

/** Said by this client. Codes of its own are all that a browser lets it send, beside 1000. */
export const closeCodes = {
  done: 1000,
  badMessage: 4004,
  wrongProtocol: 4406,
  silence: 4499,
  connectTimeout: 4504,
} as const

/** A request is larger than the server takes. */
export const MESSAGE_TOO_BIG = 1009

/** Of WebSocket itself, and of graphql-transport-ws. Others, such as 1001 and 1006, are a connection that is gone. */
const codes: Readonly<Record<number, ErrorCode>> = {
  1002: 'INTERNAL',
  1003: 'INTERNAL',
  1007: 'INTERNAL',
  1008: 'FORBIDDEN',
  4400: 'INTERNAL',
  4401: 'UNAUTHENTICATED',
  4403: 'FORBIDDEN',
  4406: 'INTERNAL',
  4408: 'TIMEOUT',
  4409: 'INTERNAL',
  4429: 'INTERNAL',
}

export function closeError({ code, reason }: CloseEventLike): PgqClientError {
  const message = `The WebSocket was closed with ${code}${reason === '' ? '' : `: ${reason}`}`
  return new PgqClientError(codes[code] ?? 'UNAVAILABLE', message)
}
