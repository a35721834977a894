import { wheel } from './wheel.ts'

/** Lets one waiter sleep until the bell rings. A ring that meets no waiter is kept for the next wait. */
export class Bell {
  #isRung = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#isRung = true
    this.#wake?.()
  }

  /** Resolves at the ring, or after `atMostMs`; the timer does not outlive the wait. One waiter at a time. */
  async wait(atMostMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (!this.#isRung) {
      let cancel = () => {}
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        if (Number.isFinite(atMostMs)) cancel = wheel.after(atMostMs, resolve)
      })
      cancel()
      this.#wake = undefined
    }
    this.#isRung = false
  }
}
