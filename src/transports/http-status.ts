import { type ExecutionResult, GraphQLError } from 'graphql'
import type { Refusal } from '../operations/operations.ts'

/** Statuses of errors that are not the document's, by their code. */
const statusByCode: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  INTERNAL: 500,
  UNAVAILABLE: 503,
}

/**
 * The HTTP status of an answer, as GraphQL over HTTP has it: a request that is not run is 400, but for a client that
 * accepts `application/json` alone a document that is not valid is 200, as from older servers.
 */
export function statusOf(answer: ExecutionResult | Refusal, contentType: string | null): number {
  if (!('isMalformed' in answer)) return 200
  const [status] = answer.errors.flatMap((error) => statusByCode[String(error.extensions.code)] ?? [])
  if (status !== undefined) return status
  return answer.isMalformed || contentType === 'application/graphql-response+json' ? 400 : 200
}

/** Says to a client that takes no form in which its answer could be given. */
export const notAcceptable =
  'Accept application/graphql-response+json or application/json; for a subscription accept text/event-stream, or use a WebSocket'

/** Says the same to graphql-yoga, which reads it from the errors. */
export function withStatus({ errors, isMalformed }: Refusal): GraphQLError[] {
  return errors.map((error) => {
    const status = statusByCode[String(error.extensions.code)] ?? 400
    return new GraphQLError(error.message, {
      nodes: error.nodes ?? null,
      source: error.source ?? null,
      positions: error.positions ?? null,
      extensions: { ...error.extensions, http: { status, spec: !isMalformed && status === 400 } },
    })
  })
}
