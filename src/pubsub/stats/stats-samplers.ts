import type { Database } from '../../postgres/database.ts'
import { type ConsumerRow, findAllConsumers } from '../../resolvers/consumers/consumers.ts'
import { findAllQueues, type QueueRow } from '../../resolvers/queues/queues.ts'
import { Sampler } from './sampler.ts'

export interface StatsSample {
  queues: QueueRow[]
  consumers: ConsumerRow[]
}

/** Keeps the samplers of a database: one per interval that is watched. */
export class StatsSamplers {
  readonly #database: Database
  readonly #byInterval = new Map<number, Sampler<StatsSample>>()

  constructor(database: Database) {
    this.#database = database
  }

  every(intervalSeconds: number): Sampler<StatsSample> {
    for (const [other, sampler] of this.#byInterval) if (!sampler.isWatched) this.#byInterval.delete(other)
    const known = this.#byInterval.get(intervalSeconds)
    if (known) return known
    const sampler = new Sampler(intervalSeconds * 1_000, () => this.#take())
    this.#byInterval.set(intervalSeconds, sampler)
    return sampler
  }

  async #take(): Promise<StatsSample> {
    const [queues, consumers] = await Promise.all([
      findAllQueues(this.#database),
      findAllConsumers(this.#database),
    ])
    return { queues, consumers }
  }
}
