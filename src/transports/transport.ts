import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GraphQLError } from 'graphql'
import type { Caller, Sender } from '../caller.ts'
import type { Memory } from '../memory/memory.ts'
import type { Operations } from '../operations/operations.ts'
import { PreparedOperation, type Refusal } from '../operations/prepared-operation.ts'
import type { Tracing } from '../tracing/tracing.ts'
import type { LargeRequests } from './large-requests.ts'

/**
 * Identifies the sender of a request, or the client that opens a socket.
 *
 * @param connectionParams Payload of `connection_init`, on a WebSocket.
 * @throws PgqError `UNAUTHENTICATED` for invalid credentials.
 */
export type Authenticate = (
  request: IncomingMessage,
  connectionParams?: Readonly<Record<string, unknown>>,
) => Caller | Promise<Caller>

/**
 * Finds the caller, and where the request comes from.
 *
 * @throws as `Authenticate` does; PgqError `LIMIT_EXCEEDED` for an address that has sent bad credentials too often.
 */
export type Identify = (
  request: IncomingMessage,
  connectionParams?: Readonly<Record<string, unknown>>,
) => Promise<Sender>

/** Parts that every transport works with. */
export interface TransportParts {
  operations: Operations
  identify: Identify
  /** Path of the API, such as `/graphql`. */
  path: string
  maxRequestBytes: number
  maxRequestObjects: number
  memory: Memory
  /** Large requests, of which a few are worked on at once. */
  largeRequests: LargeRequests
  toClientError: (error: unknown) => GraphQLError
  /** Null where nobody traces. */
  tracing: Tracing | null
  /** Called before an answer becomes a stream, which must then be ended by `endWith` when its response closes. */
  onStream: (response: ServerResponse) => void
}

/** Finds the full path of a request, even where a framework has cut off the prefix at which it mounts this. */
export function pathOf(request: IncomingMessage): string {
  const { originalUrl, url } = request as IncomingMessage & { originalUrl?: string }
  const [path = '/'] = (originalUrl ?? url ?? '/').split('?')
  return path
}

export function isRefusal(prepared: PreparedOperation | Refusal): prepared is Refusal {
  return !(prepared instanceof PreparedOperation)
}
