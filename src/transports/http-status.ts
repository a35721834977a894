import { type ExecutionResult, GraphQLError } from 'graphql'
import type { Refusal } from '../operations/prepared-operation.ts'

/** HTTP statuses by error code, for errors that are not the document's. */
const statusByCode: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  INTERNAL: 500,
  UNAVAILABLE: 503,
}

/**
 * Finds the HTTP status of an answer according to GraphQL over HTTP: 400 for a request that is not run, except that a
 * client that accepts `application/json` alone gets 200 for an invalid document, as from older servers.
 */
export function statusOf(answer: ExecutionResult | Refusal, contentType: string | null): number {
  if (!('isMalformed' in answer)) return 200
  const status = refusalStatus(answer)
  if (status !== 400 || answer.isMalformed) return status
  return contentType === 'application/graphql-response+json' ? 400 : 200
}

function refusalStatus({ errors }: Refusal): number {
  const [status] = errors.flatMap(({ extensions }) =>
    extensions.retryAfterSeconds === undefined ? (statusByCode[String(extensions.code)] ?? []) : 429,
  )
  return status ?? 400
}

/** Finds the headers that a refusal adds to its answer. */
export function headersOf({ errors }: Refusal): Record<string, string> {
  const [seconds] = errors.flatMap(({ extensions }) => extensions.retryAfterSeconds ?? [])
  return typeof seconds === 'number' ? { 'retry-after': String(Math.ceil(seconds)) } : {}
}

/** The message to a client that accepts none of the forms that its answer could take. */
export const notAcceptable =
  'Accept application/graphql-response+json or application/json; for a subscription accept text/event-stream, or use a WebSocket'

/** The error for a subscription whose client accepts no stream; its status is 406. */
export const needsStream = new GraphQLError(notAcceptable, { extensions: { code: 'BAD_INPUT' } })

/** Adds the status to the errors, where graphql-yoga reads it. */
export function withStatus(refusal: Refusal): GraphQLError[] {
  const status = refusalStatus(refusal)
  const http = { status, spec: !refusal.isMalformed && status === 400, headers: headersOf(refusal) }
  return refusal.errors.map((error) => withHttp(error, http))
}

/** Adds the status of one error, where graphql-yoga reads it. */
export function withHttp(
  error: GraphQLError,
  http: { status: number; spec?: boolean; headers?: Record<string, string> },
): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    extensions: { ...error.extensions, http },
  })
}
