const windowMs = 180_000
const enough = 3

/**
 * Tells whether somebody else ticks this database all the time, pgqd for one. A single tick proves nothing: an
 * operator's call looks the same.
 */
export class ForeignTicks {
  /** When the latest ones were seen, at most `enough`. */
  #seenAtMs: number[] = []

  /** @returns true when this tick settles the matter. */
  see(nowMs: number): boolean {
    const before = this.isPresent(nowMs)
    this.#seenAtMs = [...this.#seenAtMs, nowMs].slice(-enough)
    return !before && this.isPresent(nowMs)
  }

  isPresent(nowMs: number): boolean {
    return this.#seenAtMs.length === enough && (this.#seenAtMs[0] ?? 0) > nowMs - windowMs
  }
}
