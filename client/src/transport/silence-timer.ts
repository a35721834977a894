import type { LinkedController } from '../abort.ts'
import { PgqClientError } from '../errors.ts'
import { startTimer, type Timer } from '../timer.ts'

/** Ends a stream on which nothing arrives for too long. */
export class SilenceTimer {
  readonly #timeoutMs: number
  readonly #control: LinkedController
  #timer: Timer

  constructor(timeoutMs: number, control: LinkedController) {
    this.#timeoutMs = timeoutMs
    this.#control = control
  }

  start(): void {
    this.stop()
    const message = `The server sent nothing for ${this.#timeoutMs} ms`
    this.#timer = startTimer(
      () => this.#control.abort(new PgqClientError('UNAVAILABLE', message)),
      this.#timeoutMs,
    )
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
