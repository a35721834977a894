import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { PgqError } from '../errors.ts'
import type { CallerLimits } from '../rates/caller-limits.ts'
import { clientOf } from './clients.ts'
import type { Authenticate, Identify } from './transport.ts'

/** @param needsRequestIds Whether somebody writes ids of requests down. */
export function createIdentify(
  authenticate: Authenticate,
  callerLimits: CallerLimits,
  needsRequestIds: boolean,
): Identify {
  return async (request, connectionParams) => {
    const address = clientOf(request)
    try {
      const caller = await authenticate(request, connectionParams)
      return { caller, address, requestId: needsRequestIds ? requestIdOf(request) : null }
    } catch (error) {
      if (error instanceof PgqError && error.code === 'UNAUTHENTICATED')
        await callerLimits.spendUnknownRequest(address)
      throw error
    }
  }
}

const requestIds = new WeakMap<IncomingMessage, string>()

/** Finds the id of a request: that of its `X-Request-Id`, as proxies set it, or a fresh one. */
export function requestIdOf(request: IncomingMessage): string {
  let id = requestIds.get(request)
  if (id === undefined) {
    const given = request.headers['x-request-id']
    id = typeof given === 'string' && wellFormedId.test(given) ? given : randomUUID()
    requestIds.set(request, id)
  }
  return id
}

const wellFormedId = /^[\w.:-]{1,128}$/
