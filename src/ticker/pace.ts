export interface PaceLimits {
  /** Share of the server's time that the reading may take, 0 to 1. */
  share: number
  /** Shortest pause between readings, however cheap. Milliseconds. */
  minPauseMs: number
  /** Longest pause between readings, however expensive. Milliseconds. */
  maxPauseMs: number
}

/** The quickest of so many readings counts: the first, and any on a busy machine, takes longer than it costs. */
const COMPARED_READINGS = 5

/** Spaces out a repeated reading so that it keeps within its share of the server's time. */
export class Pace {
  readonly #limits: PaceLimits
  readonly #costsMs: number[] = Array.from({ length: COMPARED_READINGS }, () => 0)
  /** Earliest time of the next reading, by `performance.now()`; at first in the past. */
  dueAtMs = 0

  constructor(limits: PaceLimits) {
    this.#limits = limits
  }

  /** Records a reading that ended at `nowMs` and took `costMs`. */
  read(costMs: number, nowMs: number): void {
    this.#costsMs.shift()
    this.#costsMs.push(costMs)
    const { share, minPauseMs, maxPauseMs } = this.#limits
    const pauseMs = Math.min(...this.#costsMs) / share
    this.dueAtMs = nowMs + Math.min(Math.max(pauseMs, minPauseMs), maxPauseMs)
  }

  /** Makes the next reading due at once. */
  hurry(): void {
    this.dueAtMs = 0
  }
}
