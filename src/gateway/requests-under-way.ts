import type { ServerResponse } from 'node:http'
import { sleep } from '../async/backoff.ts'

/** Tracks requests under way, so that a shutdown waits for them and not for idle connections. */
export class RequestsUnderWay {
  readonly #responses = new Set<ServerResponse>()
  #onIdle = () => {}

  add(response: ServerResponse): void {
    this.#responses.add(response)
    response.once('close', () => {
      this.#responses.delete(response)
      if (this.#responses.size === 0) this.#onIdle()
    })
  }

  /**
   * Resets the connections of streams: answers that have begun, and whose end is not written. A stream without a length
   * that was just closed would look complete, and its client would not connect again.
   */
  cutStreams(): void {
    for (const response of this.#responses) {
      if (response.headersSent && !response.writableEnded) response.socket?.resetAndDestroy()
    }
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
}
