import { RateLimiterMemory } from 'rate-limiter-flexible'
import { PgqError } from '../errors.ts'

/**
 * Bounds how much each payer spends in a second, on average over all seconds.
 *
 * What is left of the second may be spent at once, and overspent by what is spent last: so that what is larger than the rate
 * is refused for a while, and never for good. The payer then waits for as many seconds as it has spent the rate of.
 */
export class Rate {
  readonly #perSecond: number
  readonly #what: string
  readonly #spent: RateLimiterMemory

  /** @param what What is counted, in the plural, for errors. */
  constructor(perSecond: number, what: string) {
    this.#perSecond = perSecond
    this.#what = what
    // What is spent is forgotten when its time is over, so that a flood of payers is held for a second.
    this.#spent = new RateLimiterMemory({ points: perSecond, duration: 1 })
  }

  /** @throws PgqError `LIMIT_EXCEEDED` that says when there is something to spend again. */
  async spend(payer: string, count: number): Promise<void> {
    const { consumedPoints, msBeforeNext } = await this.#spent.penalty(payer, count)
    if (consumedPoints <= this.#perSecond) return
    if (consumedPoints - count < this.#perSecond) {
      await this.#spent.set(payer, consumedPoints, consumedPoints / this.#perSecond)
      return
    }
    await this.#spent.reward(payer, count)
    throw limitExceeded(
      `This caller may send ${this.#perSecond} ${this.#what} per second; wait ${seconds(msBeforeNext)} s`,
      seconds(msBeforeNext),
    )
  }
}

/** Makes the error for what may be tried again after a while. */
export function limitExceeded(message: string, retryAfterSeconds: number): PgqError {
  return new PgqError('LIMIT_EXCEEDED', message, { retryAfterSeconds })
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms)) / 1_000
}
