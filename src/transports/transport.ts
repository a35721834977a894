import type { IncomingMessage } from 'node:http'
import type { GraphQLError } from 'graphql'
import type { Caller } from '../caller.ts'
import { type Operations, PreparedOperation, type Refusal } from '../operations/operations.ts'

/**
 * Says who sends a request, or opens a socket.
 *
 * @param connectionParams The payload of `connection_init`, on a WebSocket.
 * @throws PgqError `UNAUTHENTICATED` for credentials that are not good.
 */
export type Authenticate = (
  request: IncomingMessage,
  connectionParams?: Readonly<Record<string, unknown>>,
) => Caller | Promise<Caller>

/** What every reader of requests works with. */
export interface TransportParts {
  operations: Operations
  authenticate: Authenticate
  /** Where GraphQL is served, such as `/graphql`. */
  path: string
  maxRequestBytes: number
  toClientError: (error: unknown) => GraphQLError
}

/** The path of a request, also where a framework has cut it at the place where it mounts this. */
export function pathOf(request: IncomingMessage): string {
  const { originalUrl, url } = request as IncomingMessage & { originalUrl?: string }
  const [path = '/'] = (originalUrl ?? url ?? '/').split('?')
  return path
}

export function isRefusal(prepared: PreparedOperation | Refusal): prepared is Refusal {
  return !(prepared instanceof PreparedOperation)
}
