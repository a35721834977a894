import type { Databases } from '../database/databases.ts'
import { PgqError } from '../errors.ts'
import { type MoverOptions, planOf } from '../mover-plan.ts'
import { Samplers } from '../pubsub/stats/samplers.ts'
import { OpenStreams, type Stream } from '../pubsub/stream.ts'
import { Mover, type MoverStatus } from './mover.ts'

/** Holds the movers of a gateway by name. */
export class Movers implements Iterable<Mover> {
  readonly #byName = new Map<string, Mover>()
  readonly #databases: Databases
  readonly #samplers = new Samplers(() => this.statuses())
  readonly #streams = new OpenStreams()
  #unwatch: (() => void) | undefined

  /** @throws TypeError for a mover that cannot be, and for two of one name. */
  constructor(options: readonly MoverOptions[], databases: Databases) {
    this.#databases = databases
    for (const each of options) {
      if (this.#byName.has(each.name)) throw new TypeError(`Two movers have the name ${each.name}`)
      this.#byName.set(each.name, new Mover(planOf(each), databases))
    }
  }

  /** @throws PgqError `NOT_FOUND`. */
  get(name: string): Mover {
    const mover = this.#byName.get(name)
    if (!mover) throw new PgqError('NOT_FOUND', 'This server has no mover of that name', { field: 'mover' })
    return mover
  }

  [Symbol.iterator](): IterableIterator<Mover> {
    return this.#byName.values()
  }

  statuses(): Promise<MoverStatus[]> {
    return Promise.all([...this].map((mover) => mover.status()))
  }

  /** Gives the statuses at an interval, found out once for all subscribers. @throws PgqError `BAD_INPUT` for the interval. */
  watch(intervalSeconds: number): Stream<MoverStatus[]> {
    return this.#streams.add(this.#samplers.every(intervalSeconds).watch())
  }

  /** Begins to move, and follows the databases that come and go. */
  start(): void {
    if (this.#unwatch) return
    const adapt = () => {
      for (const mover of this) mover.adapt()
    }
    this.#unwatch = this.#databases.watch(adapt)
    adapt()
  }

  /** Resolves when all claims are released; to be called before the databases are closed. */
  async close(): Promise<void> {
    this.#unwatch?.()
    const closing = new PgqError('UNAVAILABLE', 'The server is shutting down; try another one')
    await Promise.all([this.#streams.close(closing), ...[...this].map((mover) => mover.close())])
  }
}
