import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { sleep } from '../async/backoff.ts'
import { cut } from '../transports/clients.ts'

/** Tracks requests under way, so that a shutdown waits for them and not for idle connections. */
export class RequestsUnderWay {
  readonly #responses = new Set<ServerResponse>()
  readonly #bySocket = new WeakMap<Socket, Set<ServerResponse>>()
  readonly #streams = new Set<ServerResponse>()
  #isCutting = false
  #onIdle = () => {}

  add(request: IncomingMessage, response: ServerResponse): void {
    const ofSocket = this.#ofSocket(request.socket)
    ofSocket.add(response)
    this.#responses.add(response)
    response.once('close', () => {
      ofSocket.delete(response)
      this.#streams.delete(response)
      this.#responses.delete(response)
      if (this.#responses.size === 0) this.#onIdle()
    })
  }

  /** Says that the answer is a stream, which lasts until somebody ends it. The client may have left already. */
  addStream(response: ServerResponse): void {
    if (!this.#responses.has(response)) return
    this.#streams.add(response)
    if (this.#isCutting) cut(response)
  }

  /**
   * Resets the connections of streams, those that have yet to begin too. A stream without a length that was just closed
   * would look complete, and its client would not connect again.
   */
  cutStreams(): void {
    this.#isCutting = true
    for (const response of this.#streams) cut(response)
  }

  /** Resolves when no request is under way, or after the timeout. */
  async idle(timeoutMs: number): Promise<void> {
    if (this.#responses.size === 0) return
    const timer = new AbortController()
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    await Promise.race([idle, sleep(timeoutMs, timer.signal)])
    timer.abort()
  }

  /**
   * Finds the answers of a connection. When it is lost, Node closes only the one that is being written; this closes
   * those that a client has asked for ahead of it as well.
   */
  #ofSocket(socket: Socket): Set<ServerResponse> {
    let responses = this.#bySocket.get(socket)
    if (!responses) {
      const all = new Set<ServerResponse>()
      responses = all
      this.#bySocket.set(socket, all)
      socket.once('close', () => {
        for (const response of all) {
          response.destroy()
          response.emit('close')
        }
      })
    }
    return responses
  }
}
