export interface PaceLimits {
  /** The reading may take this share of the server's time. */
  share: number
  /** Between readings, however little they cost. Milliseconds. */
  minPauseMs: number
  /** However much. Milliseconds. */
  maxPauseMs: number
}

/** Of so many readings the quickest counts: on a busy machine, and at first, one takes longer than it costs. */
const COMPARED_READINGS = 5

/** Keeps a reading that is repeated for ever within its share of the server's time. */
export class Pace {
  readonly #limits: PaceLimits
  readonly #costsMs: number[] = Array.from({ length: COMPARED_READINGS }, () => 0)
  /** When the next reading may be: a time of `performance.now()`, at first in the past. */
  dueAtMs = 0

  constructor(limits: PaceLimits) {
    this.#limits = limits
  }

  /** A reading was done at `nowMs` and took `costMs`. */
  read(costMs: number, nowMs: number): void {
    this.#costsMs.shift()
    this.#costsMs.push(costMs)
    const { share, minPauseMs, maxPauseMs } = this.#limits
    const pauseMs = Math.min(...this.#costsMs) / share
    this.dueAtMs = nowMs + Math.min(Math.max(pauseMs, minPauseMs), maxPauseMs)
  }

  /** There is a reason not to wait for the next reading. */
  hurry(): void {
    this.dueAtMs = 0
  }
}
