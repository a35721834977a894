import type { ServerResponse } from 'node:http'
import type { PayloadStream } from '../execution/operations.ts'

/** Keeps proxies from taking a quiet stream for a dead one. */
const PING_MS = 12_000

/**
 * GraphQL over SSE, distinct connections: each payload as a `next` event, then `complete`. A client that does not read
 * holds one payload here: the next one is asked for when this one has left.
 */
export async function sendEvents(payloads: PayloadStream, response: ServerResponse): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    // nginx would keep events back until it has a buffer full of them.
    'x-accel-buffering': 'no',
  })
  // Some browsers say that they are connected when the first byte is there.
  response.write(':\n\n')
  const ping = setInterval(() => {
    if (!response.writableNeedDrain) response.write(':\n\n')
  }, PING_MS)
  response.once('close', () => {
    clearInterval(ping)
    void payloads.return()
  })
  for (;;) {
    const result = await payloads.next()
    if (response.destroyed) return
    if (result.done) break
    if (!response.write(result.value.sseEvent)) await drained(response)
  }
  clearInterval(ping)
  response.end('event: complete\ndata:\n\n')
}

/** Also when the client goes away meanwhile. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
  })
}
