/** Time in one turn of the event loop after which further work waits for the next turn (milliseconds). */
const SHARE_MS = 5
/** Largest number of those that wait who are admitted in one turn. */
const MAX_ADMITTED = 32

/**
 * Spreads work of many requests over turns of the event loop, in the order in which it comes, so that what must not wait
 * for it, such as a delivery, has its turn soon.
 */
export class LoopTurns {
  #beganMs = 0
  #isCounting = false
  #isAdmitting = false
  readonly #waiting: (() => void)[] = []

  /** Resolves when it is this work's turn; undefined where it is now. */
  next(): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#hasTime()) return undefined
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (!this.#isAdmitting) this.#admit()
    })
  }

  #hasTime(): boolean {
    const nowMs = performance.now()
    if (this.#isCounting) return nowMs - this.#beganMs < SHARE_MS
    this.#isCounting = true
    this.#beganMs = nowMs
    setImmediate(() => {
      this.#isCounting = false
    })
    return true
  }

  /** Admits some in the next turn, each when the work of the one before has been done as far as it goes. */
  #admit(): void {
    this.#isAdmitting = true
    const count = Math.min(this.#waiting.length, MAX_ADMITTED)
    for (let n = 0; n < count; n++) {
      setImmediate(() => {
        if (this.#hasTime()) this.#waiting.shift()?.()
      })
    }
    setImmediate(() => {
      this.#isAdmitting = false
      if (this.#waiting.length > 0) this.#admit()
    })
  }
}

/** Turns of this process's event loop. */
export const loopTurns = new LoopTurns()
