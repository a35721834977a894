import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

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

/** Finds the id that a request was given; null where nobody asked for one. */
export function givenRequestId(request: IncomingMessage): string | null {
  return requestIds.get(request) ?? null
}
