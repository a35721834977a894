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

const FORBIDDEN = 4403

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
  [FORBIDDEN]: 'FORBIDDEN',
  4406: 'INTERNAL',
  4408: 'TIMEOUT',
  4409: 'INTERNAL',
  4429: 'INTERNAL',
}

/**
 * After its acknowledgement a connection is closed as forbidden when the credentials have ended: others may help, and what
 * it was asked before may be done or not.
 */
export function closeError({ code, reason }: CloseEventLike, wasAcknowledged: boolean): PgqClientError {
  const message = `The WebSocket was closed with ${code}${reason === '' ? '' : `: ${reason}`}`
  const isEndOfCredentials = wasAcknowledged && code === FORBIDDEN
  return new PgqClientError((!isEndOfCredentials && codes[code]) || 'UNAVAILABLE', message)
}
