import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { PeriodicCalls } from '../async/periodic-calls.ts'
import type { Payload } from '../operations/payload.ts'
import type { PayloadStream } from '../operations/payload-stream.ts'
import type { Sink } from '../pubsub/stream.ts'

/** Keeps proxies from taking a quiet stream for a dead one. */
const PING_MS = 12_000

const pings = new PeriodicCalls<ServerResponse>(PING_MS, (response) => {
  if (!response.socket?.writableNeedDrain) response.write(':\n\n')
})

/**
 * Sends a stream as GraphQL over SSE, distinct connections: each payload as a `next` event, then `complete`. A client that does not read
 * holds one payload here: the next one is asked for when this one has left.
 */
export function sendEvents(payloads: Pick<PayloadStream, 'pipe' | 'return'>, response: ServerResponse): void {
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
  pings.add(response)
  response.once('close', () => {
    pings.delete(response)
    void payloads.return()
  })
  payloads.pipe(new EventWriter(response))
}

class EventWriter implements Sink<Payload> {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  give(payload: Payload): Promise<void> | undefined {
    if (this.#response.destroyed) return undefined
    // What the response would hand on as it is, for a fifth of the time. It has no socket while another answer is under way.
    const socket = this.#response.socket ?? this.#response
    return socket.write(payload.sseEvent) ? undefined : drained(socket)
  }

  end(): void {
    if (this.#response.destroyed) return
    pings.delete(this.#response)
    this.#response.end('event: complete\ndata:\n\n')
  }

  fail(): void {
    this.#response.destroy()
  }
}

/** Resolves when there is room again, or the client is gone. */
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
