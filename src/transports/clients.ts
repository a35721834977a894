import type { IncomingMessage, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import proxyAddress from 'proxy-addr'
import { SMALL_BYTES } from '../memory/memory.ts'
import type { UnsentBytes } from '../memory/unsent.ts'

/** Clients of requests that came through a proxy. */
const behindProxy = new WeakMap<IncomingMessage, string>()

/** Names the client among which turns and memory are divided. */
export function clientOf(request: IncomingMessage): string {
  return behindProxy.get(request) ?? request.socket.remoteAddress ?? ''
}

/**
 * Takes whoever has connected for a proxy, and the last address of `X-Forwarded-For`, which that proxy has seen, for the
 * client. What stands before it the client may have made up.
 */
export function believeProxy(request: IncomingMessage): void {
  behindProxy.set(
    request,
    proxyAddress(request, (_address, hops) => hops === 0),
  )
}

/** Counts what a client has yet to read of an answer that is complete. */
export function countUnsent(response: ServerResponse, unsent: UnsentBytes): void {
  const bytes = response.writableLength
  if (bytes <= SMALL_BYTES) return
  response.once(
    'close',
    unsent.add(clientOf(response.req), response, bytes, () => cut(response)),
  )
}

/** Resets the connection of an answer, so that its client does not take it for complete. */
export function cut({ req: { socket } }: ServerResponse): void {
  // Node cannot reset a connection that it has begun to end, which would stay open without a word, nor one with TLS, whose
  // client can tell from the end that it was cut.
  if (socket.writableEnded || socket instanceof TLSSocket) socket.destroy()
  else socket.resetAndDestroy()
}
