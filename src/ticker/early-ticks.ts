/** Time for which a queue counts as awaited at another gateway after that has said so (milliseconds). */
const AWAITED_MS = 10_000
/** Largest number of early ticks in a second, over all queues. */
const TICKS_PER_SECOND = 200
/** Largest number of them at once. */
const BURST = 50

/**
 * Grants ticks before a queue's max lag has passed, for those who wait for them. Such ticks have a budget, so that however many
 * queues are awaited, they cost the database no more than that.
 */
export class EarlyTicks {
  readonly #isAwaitedHere: (queue: string) => boolean
  /** Times until which queues count as awaited elsewhere. */
  readonly #awaitedUntil = new Map<string, number>()
  #left = BURST
  #countedAtMs = performance.now()

  /** @param isAwaitedHere Tells whether somebody waits for ticks of a queue at this gateway. */
  constructor(isAwaitedHere: (queue: string) => boolean) {
    this.#isAwaitedHere = isAwaitedHere
  }

  /** Notes that somebody waits for ticks of a queue at another gateway. */
  awaited(queue: string): void {
    this.#awaitedUntil.set(queue, performance.now() + AWAITED_MS)
  }

  allows(queue: string): boolean {
    return this.#count() >= 1 && (this.#isAwaitedHere(queue) || this.#isAwaitedElsewhere(queue))
  }

  spend(): void {
    this.#left = Math.max(this.#count() - 1, 0)
  }

  forget(queue: string): void {
    this.#awaitedUntil.delete(queue)
  }

  #isAwaitedElsewhere(queue: string): boolean {
    const untilMs = this.#awaitedUntil.get(queue)
    if (untilMs === undefined) return false
    if (untilMs > performance.now()) return true
    this.#awaitedUntil.delete(queue)
    return false
  }

  #count(): number {
    const nowMs = performance.now()
    const refillMs = nowMs - this.#countedAtMs
    this.#left = Math.min(this.#left + (refillMs * TICKS_PER_SECOND) / 1_000, BURST)
    this.#countedAtMs = nowMs
    return this.#left
  }
}
