import { PgqError } from '../errors.ts'
import type { CallerLimits } from '../rates/caller-limits.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { clientOf } from './clients.ts'
import { requestIdOf } from './request-id.ts'
import type { Authenticate, Identify } from './transport.ts'

/** @param needsRequestIds Whether somebody writes ids of requests down. */
export function createIdentify(
  authenticate: Authenticate,
  callerLimits: CallerLimits,
  needsRequestIds: boolean,
  tracing: Tracing | null,
): Identify {
  return async (request, connectionParams) => {
    const address = clientOf(request)
    const requestId = needsRequestIds ? requestIdOf(request) : null
    const trace = tracing?.incoming(connectionParams ?? request.headers)
    try {
      return { caller: await authenticate(request, connectionParams), address, requestId, trace }
    } catch (error) {
      if (error instanceof PgqError && error.code === 'UNAUTHENTICATED')
        await callerLimits.spendUnknownRequest(address)
      throw error
    }
  }
}
