/** Limits "somebody waits for ticks" notices: one is sent at once, and those that follow within `intervalMs` are dropped. */
export class WatchedNotices {
  readonly #intervalMs: number
  readonly #send: () => void
  #sentMs = Number.NEGATIVE_INFINITY

  constructor(intervalMs: number, send: () => void) {
    this.#intervalMs = intervalMs
    this.#send = send
  }

  add(): void {
    const nowMs = performance.now()
    if (nowMs - this.#sentMs < this.#intervalMs) return
    this.#sentMs = nowMs
    this.#send()
  }
}
