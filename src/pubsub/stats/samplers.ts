import { PgqError } from '../../errors.ts'
import { Sampler } from './sampler.ts'

const MIN_INTERVAL_SECONDS = 0.1
const MAX_INTERVAL_SECONDS = 3_600

/** Keeps a sampler per interval that is watched. */
export class Samplers<Sample> {
  readonly #take: () => Promise<Sample>
  readonly #byInterval = new Map<number, Sampler<Sample>>()

  /** @param take Takes a sample. When it fails, that sample is left out. */
  constructor(take: () => Promise<Sample>) {
    this.#take = take
  }

  /** @throws PgqError `BAD_INPUT` for an interval out of range. */
  every(intervalSeconds: number): Sampler<Sample> {
    if (!(intervalSeconds >= MIN_INTERVAL_SECONDS && intervalSeconds <= MAX_INTERVAL_SECONDS)) {
      const range = `${MIN_INTERVAL_SECONDS} to ${MAX_INTERVAL_SECONDS}`
      throw new PgqError('BAD_INPUT', `intervalSeconds must be from ${range}, got ${intervalSeconds}`, {
        field: 'intervalSeconds',
      })
    }
    for (const [other, sampler] of this.#byInterval) if (!sampler.isWatched) this.#byInterval.delete(other)
    const known = this.#byInterval.get(intervalSeconds)
    if (known) return known
    const sampler = new Sampler(intervalSeconds * 1_000, this.#take)
    this.#byInterval.set(intervalSeconds, sampler)
    return sampler
  }
}
