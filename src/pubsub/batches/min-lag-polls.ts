/** Allowance for the delay of a notice against the server's clock, and for rounding (milliseconds). */
const SLACK_MS = 50
/** Maximum number of looks between the moments when the first and the last known tick are old enough. */
const LOOKS = 16

/** Plans when to look again for a tick that is old enough for `minLagSeconds`, as long as one is still too young. */
export class MinLagPolls {
  readonly #lagMs: number
  #firstAt: number
  #lastAt: number

  /** Assumes at first that a tick has just been made. */
  constructor(lagMs: number) {
    this.#lagMs = lagMs
    this.#firstAt = this.#lastAt = performance.now() + lagMs + SLACK_MS
  }

  /** Records a new tick. */
  start(): void {
    const now = performance.now()
    const readyAt = now + this.#lagMs + SLACK_MS
    if (now >= this.#lastAt) this.#firstAt = readyAt
    this.#lastAt = readyAt
  }

  /** Time until the next look (milliseconds); infinite when no tick is still too young. */
  get nextMs(): number {
    const now = performance.now()
    if (now < this.#firstAt) return this.#firstAt - now
    if (now >= this.#lastAt) return Number.POSITIVE_INFINITY
    return Math.min(this.#lastAt - now, Math.max(SLACK_MS, this.#lagMs / LOOKS))
  }
}
