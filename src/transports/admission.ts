import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Sender } from '../caller.ts'
import { PgqError } from '../errors.ts'
import { readAccept, sendRefusal } from './single-answer.ts'
import type { TransportParts } from './transport.ts'

/**
 * Makes a function that finds out who sends a request, before its body is read. It answers one that is refused; Node
 * drops the body that may still come, so that the connection can be used again.
 */
export function createAdmission({ identify, operations }: Pick<TransportParts, 'identify' | 'operations'>) {
  const refuse = (error: unknown, request: IncomingMessage, response: ServerResponse) => {
    const code = error instanceof PgqError ? error.code : 'INTERNAL'
    if (code === 'UNAUTHENTICATED') response.setHeader('www-authenticate', challengeTo(request))
    if (code === 'UNAVAILABLE') response.setHeader('retry-after', '1')
    const accepted = readAccept(request.headers.accept) ?? { json: 'application/json', events: false }
    sendRefusal(operations.refuse([error]), accepted, response)
  }

  return async (
    request: IncomingMessage,
    response: ServerResponse,
    enter: (sender: Sender) => void,
  ): Promise<void> => {
    let sender: Sender
    try {
      sender = await identify(request)
    } catch (error) {
      if (!response.destroyed) refuse(error, request, response)
      return
    }
    if (!response.destroyed) enter(sender)
  }
}

/** Says how to authenticate, and whether a token was refused (RFC 6750). */
function challengeTo({ headers }: IncomingMessage): string {
  const hasToken = /^bearer(\s|$)/i.test(headers.authorization ?? '')
  return `Bearer realm="pgq-graphql"${hasToken ? ', error="invalid_token"' : ''}`
}
