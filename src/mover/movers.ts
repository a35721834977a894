import { isDeepStrictEqual } from 'node:util'
import type { NamedChanges } from '../database/administration.ts'
import type { Databases } from '../database/databases.ts'
import { PgqError } from '../errors.ts'
import { type MoverOptions, planOf } from '../mover-plan.ts'
import { Samplers } from '../pubsub/stats/samplers.ts'
import { OpenStreams, type Stream } from '../pubsub/stream.ts'
import { Mover, type MoverStatus } from './mover.ts'

/** Holds the movers of a gateway by name. */
export class Movers implements Iterable<Mover> {
  readonly #byName = new Map<string, Mover>()
  /** What each was made of. */
  readonly #options = new WeakMap<Mover, MoverOptions>()
  readonly #databases: Databases
  readonly #samplers = new Samplers(() => this.statuses())
  readonly #streams = new OpenStreams()
  #unwatch: (() => void) | undefined
  #isClosed = false

  /** @throws TypeError for a mover that cannot be, and for two of one name. */
  constructor(options: readonly MoverOptions[], databases: Databases) {
    this.#databases = databases
    for (const each of optionsByName(options).values()) this.#make(each)
  }

  /**
   * Ends movers that are not among these, or have other settings, and begins with those that are new; others go on.
   *
   * @returns The names of the movers that were added, changed and removed.
   * @throws TypeError as the constructor does; then nothing changes.
   */
  async replace(options: readonly MoverOptions[]): Promise<NamedChanges> {
    const wanted = optionsByName(options)
    const names = [...this.#byName.keys()]
    const added = [...wanted.keys()].filter((name) => !this.#byName.has(name))
    const removed = names.filter((name) => !wanted.has(name))
    const changed = names.filter((name) => {
      const before = this.#options.get(this.get(name))
      return wanted.has(name) && !isDeepStrictEqual(wanted.get(name), before)
    })
    await Promise.all(
      [...added, ...changed, ...removed].map((name) => this.#exchange(name, wanted.get(name))),
    )
    return { added, changed, removed }
  }

  #make(options: MoverOptions): Mover {
    const mover = new Mover(planOf(options), this.#databases)
    this.#options.set(mover, options)
    this.#byName.set(options.name, mover)
    return mover
  }

  /** Ends the mover of a name, so that it lets go of its sources, before another one begins. */
  async #exchange(name: string, options: MoverOptions | undefined): Promise<void> {
    const old = this.#byName.get(name)
    this.#byName.delete(name)
    await old?.close()
    if (!options || this.#isClosed) return
    const mover = this.#make(options)
    if (this.#unwatch) mover.adapt()
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
    this.#isClosed = true
    this.#unwatch?.()
    const closing = new PgqError('UNAVAILABLE', 'The server is shutting down; try another one')
    await Promise.all([this.#streams.close(closing), ...[...this].map((mover) => mover.close())])
  }
}

/** @throws TypeError for a mover that cannot be, and for two of one name. */
function optionsByName(options: readonly MoverOptions[]): Map<string, MoverOptions> {
  const byName = new Map<string, MoverOptions>()
  for (const each of options) {
    if (byName.has(each.name)) throw new TypeError(`Two movers have the name ${each.name}`)
    planOf(each)
    byName.set(each.name, each)
  }
  return byName
}
