import { PgqClientError } from '../errors.ts'
import type { ErrorCode } from '../generated/enums.ts'
import type { CloseEventLike } from './web-socket.ts'

/** Close codes that this client sends. A browser lets it send only codes of its own, and 1000. */
export const closeCodes = {
  done: 1000,
  badMessage: 4004,
  wrongProtocol: 4406,
  silence: 4499,
  connectTimeout: 4504,
} as const

/** The server closes with this code when a request is larger than it takes. */
export const MESSAGE_TOO_BIG = 1009

/**
 * Close codes of WebSocket itself and of graphql-transport-ws. Others, such as 1001 and 1006, mean a lost connection.
 */
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
