import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import type { PayloadStream } from '../execution/operations.ts'

/** Keeps proxies from taking a quiet stream for a dead one. */
const PING_MS = 12_000

/** Of all streams, so that one timer does for them. */
const open = new Set<ServerResponse>()
let pings: NodeJS.Timeout | undefined

function keepAlive(response: ServerResponse): void {
  open.add(response)
  pings ??= setInterval(() => {
    for (const each of open) if (!each.socket?.writableNeedDrain) each.write(':\n\n')
  }, PING_MS)
}

function forget(response: ServerResponse): void {
  open.delete(response)
  if (open.size > 0) return
  clearInterval(pings)
  pings = undefined
}

/**
 * GraphQL over SSE, distinct connections: each payload as a `next` event, then `complete`. A client that does not read
 * holds one payload here: the next one is asked for when this one has left.
 */
export async function sendEvents(payloads: PayloadStream, response: ServerResponse): Promise<void> {
  // Without chunks, which would make three pieces of each event: the end of the connection is the end of the stream.
  response.removeHeader('transfer-encoding')
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    // nginx would keep events back until it has a buffer full of them.
    'x-accel-buffering': 'no',
  })
  // Some browsers say that they are connected when the first byte is there.
  response.write(':\n\n')
  keepAlive(response)
  response.once('close', () => {
    forget(response)
    void payloads.return()
  })
  // What the response would hand on as it is, for a fifth of the time. It has no socket while another answer is under way.
  const socket = response.socket ?? response
  for (;;) {
    const result = await payloads.next()
    if (response.destroyed) return
    if (result.done) break
    if (!socket.write(result.value.sseEvent)) await drained(socket)
  }
  forget(response)
  response.end('event: complete\ndata:\n\n')
}

/** Also when the client goes away meanwhile. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
  })
}
