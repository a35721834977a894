/** For the difference between hearing of a tick and the server's clock, and for rounding. */
const SLACK_MS = 50
/** Between the first and the last tick that ripen, the others are found by this many looks at the most. */
const LOOKS = 16

/** When to look again for a tick that is old enough for a `minLagSeconds`: only as long as there is one that was not. */
export class MinLagPolls {
  readonly #lagMs: number
  #firstAt: number
  #lastAt: number

  /** Begins with a tick that may just have been made. */
  constructor(lagMs: number) {
    this.#lagMs = lagMs
    this.#firstAt = this.#lastAt = performance.now() + lagMs + SLACK_MS
  }

  /** A tick was heard of. */
  start(): void {
    const now = performance.now()
    const ripeAt = now + this.#lagMs + SLACK_MS
    if (now >= this.#lastAt) this.#firstAt = ripeAt
    this.#lastAt = ripeAt
  }

  /** Milliseconds until the next look; infinite when nothing ripens. */
  get nextMs(): number {
    const now = performance.now()
    if (now < this.#firstAt) return this.#firstAt - now
    if (now >= this.#lastAt) return Number.POSITIVE_INFINITY
    return Math.min(this.#lastAt - now, Math.max(SLACK_MS, this.#lagMs / LOOKS))
  }
}
