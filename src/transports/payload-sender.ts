import { CloseCode } from 'graphql-ws'
import type { WebSocket } from 'ws'
import type { UnsentBytes } from '../memory/unsent.ts'
import type { Payload } from '../operations/payload.ts'
import type { PayloadStream } from '../operations/payload-stream.ts'
import type { Sink } from '../pubsub/stream.ts'

/** Maximum number of unsent bytes of a socket; beyond that the next payload is requested when this one is sent. */
const MAX_UNSENT_BYTES = 16_384

/**
 * Sends each payload as a `next` message, bypassing graphql-ws, which would serialize it again for each socket. To
 * graphql-ws this is a stream without messages, which it ends or completes like any other.
 */
export class PayloadSender implements AsyncIterableIterator<never, undefined>, Sink<Payload> {
  readonly #payloads: Pick<PayloadStream, 'pipe' | 'return'>
  readonly #socket: WebSocket
  readonly #client: string
  readonly #unsent: UnsentBytes
  readonly #head: string
  #complete = (_result: IteratorReturnResult<undefined>) => {}
  #isOver = false

  constructor(
    payloads: Pick<PayloadStream, 'pipe' | 'return'>,
    { socket, client, id, unsent }: { socket: WebSocket; client: string; id: string; unsent: UnsentBytes },
  ) {
    this.#payloads = payloads
    this.#socket = socket
    this.#client = client
    this.#unsent = unsent
    this.#head = `{"id":${JSON.stringify(id)},"type":"next","payload":`
  }

  /** Returns this stream to graphql-ws. */
  subscribe(): this {
    return this
  }

  /** Starts sending, and resolves at the end. It is called once. */
  next(): Promise<IteratorReturnResult<undefined>> {
    return new Promise((resolve) => {
      this.#complete = resolve
      this.#payloads.pipe(this)
    })
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#isOver = true
    await this.#payloads.return()
    return over
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  give(payload: Payload): Promise<unknown> | undefined {
    if (this.#isOver || this.#socket.readyState !== this.#socket.OPEN) return undefined
    if (payload.isLarge) return this.#sendInParts(payload)
    const message = `${this.#head}${payload.json}}`
    if (this.#socket.bufferedAmount + message.length > MAX_UNSENT_BYTES) {
      return new Promise((resolve) => this.#socket.send(message, resolve))
    }
    this.#socket.send(message)
    return undefined
  }

  /** Sends a large payload as the middle of a message, so that all sockets which are slow to take it share its bytes. */
  #sendInParts(payload: Payload): Promise<unknown> {
    const { bytes } = payload
    const socket = this.#socket
    const part = { binary: false, fin: false }
    socket.send(this.#head, part)
    socket.send(bytes, part)
    const isSent = new Promise((resolve) => socket.send('}', { binary: false }, resolve))
    return isSent.then(this.#unsent.add(this.#client, payload, bytes.length, () => socket.terminate()))
  }

  end(): void {
    this.#complete(over)
  }

  fail(): void {
    this.#socket.close(CloseCode.InternalServerError, 'Internal server error')
    this.#complete(over)
  }
}

const over = { done: true, value: undefined } as const
