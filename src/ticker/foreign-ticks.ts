const windowMs = 180_000
const enough = 3

/**
 * Tells whether another ticker, such as pgqd, keeps ticking this database. A single tick proves nothing: an operator's
 * call looks the same.
 */
export class ForeignTicks {
  /** Times at which the latest `enough` foreign ticks were seen. */
  #seenAtMs: number[] = []

  /** Records a foreign tick. @returns true for the tick that makes `isPresent` true. */
  see(nowMs: number): boolean {
    const before = this.isPresent(nowMs)
    this.#seenAtMs = [...this.#seenAtMs, nowMs].slice(-enough)
    return !before && this.isPresent(nowMs)
  }

  isPresent(nowMs: number): boolean {
    return this.#seenAtMs.length === enough && (this.#seenAtMs[0] ?? 0) > nowMs - windowMs
  }
}
