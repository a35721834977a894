import { withDeadline } from '../async/deadline.ts'
import { createCaller } from '../caller.ts'
import type { Databases } from '../database/databases.ts'
import type { LiveDatabase } from '../database/live-database.ts'
import { PgqError } from '../errors.ts'
import type { Int8 } from '../int8.ts'
import { type MoverPlan, sourceName } from '../mover-plan.ts'
import type { LiveView } from '../pubsub/live-view.ts'
import { consumerByName } from '../resolvers/consumers/consumers.ts'
import {
  findMoverSources,
  type MoverSourceRow,
  pauseMover,
  resetMover,
  stopMoverSource,
} from '../resolvers/movers/mover-sources.ts'
import { FairShare } from './fair-share.ts'
import { SourceMover, type SourceState } from './source-mover.ts'
import { TargetWatch } from './target-watch.ts'
import { JetStreamTarget } from './targets/jetstream/jetstream-target.ts'
import { PostgresTarget } from './targets/postgres-target.ts'
import type { Target } from './targets/target.ts'

/** Longest wait for sources to release what they hold (milliseconds); a silent database must not block the end. */
const CLOSE_DEADLINE_MS = 4_000

/** A source of a mover: what its target has of it, and what this gateway does with it. */
export interface MoverSource {
  database: string
  queue: string
  /** `waiting` for events, or for the claim that another gateway has. */
  state: SourceState
  /** Why it is stopped, or what has failed last. */
  reason: string | null
  /** Age of what its consumer has last finished (seconds); null where that is not known. */
  lagSeconds: number | null
  pendingEvents: Int8 | null
  eventsMoved: Int8
  movedAt: string | null
  lastTickId: Int8 | null
}

export interface MoverStatus {
  plan: MoverPlan
  isPaused: boolean
  /** What is wrong with the target; null when nothing is known to be. */
  reason: string | null
  sources: MoverSource[]
}

/** Moves the events of a queue in many databases into one database, as long as this gateway serves them. */
export class Mover {
  readonly plan: MoverPlan
  readonly #databases: Databases
  readonly #to: Target
  readonly #watch: TargetWatch
  readonly #share: FairShare
  readonly #closing = new AbortController()
  readonly #sources = new Map<LiveDatabase, SourceMover>()
  readonly #ending = new Set<Promise<void>>()
  #sharing: Promise<void> | undefined
  /** Who it is to the databases: their work for it is shared with nobody else's. */
  readonly #caller

  constructor(plan: MoverPlan, databases: Databases) {
    this.plan = plan
    this.#databases = databases
    this.#caller = createCaller({ name: `mover ${plan.name}`, grants: ['admin'] })
    this.#to = targetOf(plan, () => this.#target())
    this.#watch = new TargetWatch(plan.name, () => this.#target().database, this.#closing.signal)
    this.#share = new FairShare({
      mover: plan.name,
      target: () => this.#target().database,
      sources: () => this.#sources.values(),
      closing: this.#closing.signal,
    })
  }

  /** Begins with the databases that are new, and ends with those that are gone. */
  adapt(): void {
    if (this.#closing.signal.aborted) return
    this.#sharing ??= this.#share.run()
    const served = new Set([...this.#databases].filter((database) => this.#isSource(database.name)))
    for (const [database, source] of this.#sources) {
      if (served.has(database)) continue
      this.#sources.delete(database)
      this.#end(source)
    }
    for (const database of served) if (!this.#sources.has(database)) this.#begin(database)
  }

  /** Resolves when the claims on all sources are released, or after a deadline. */
  async close(): Promise<void> {
    this.#closing.abort()
    for (const source of this.#sources.values()) this.#end(source)
    const ended = Promise.all([this.#sharing, ...this.#ending])
    await withDeadline(ended, CLOSE_DEADLINE_MS, 'end of all sources').catch(() => {})
    await this.#to.close()
  }

  /** States of its sources in this gateway, by database. */
  get states(): ReadonlyMap<string, SourceState> {
    return new Map([...this.#sources.values()].map(({ database, state }) => [database, state]))
  }

  /** Asks the target and the sources how far the mover is. */
  async status(): Promise<MoverStatus> {
    const { plan } = this
    const found = await this.#ask().then(
      (rows) => ({ rows, reason: null }),
      (error: unknown) => ({ rows: [], reason: error instanceof Error ? error.message : String(error) }),
    )
    const isPaused = found.rows.some((row) => row.isPaused)
    const rows = new Map(found.rows.map((row) => [row.source, row]))
    const sources = [...this.#sources].map(([database, source]) =>
      this.#statusOf(database, source, rows.get(source.name), isPaused),
    )
    return { plan, isPaused, reason: found.reason ?? this.#to.reason, sources: await Promise.all(sources) }
  }

  /** Pauses the mover in every gateway, or lets it go on. @returns Whether that changed anything. */
  pause(isPaused: boolean): Promise<boolean> {
    return pauseMover(this.#target().database, this.plan.name, isPaused)
  }

  /**
   * Lets sources go on wherever their consumers are, though events may be missing or come twice.
   *
   * @param database Names the source; null for all that are stopped.
   * @returns The databases of the sources that were reset.
   * @throws PgqError `NOT_FOUND` for a database that is no source.
   */
  async reset(database: string | null): Promise<string[]> {
    if (database !== null && !this.#isSource(database))
      throw new PgqError('NOT_FOUND', `Mover ${this.plan.name} has no source of that name`, {
        field: 'database',
      })
    const source = database === null ? null : sourceName(database, this.plan.queue)
    const reset = await resetMover(this.#target().database, this.plan.name, source)
    return reset.map((name) => decodeURIComponent(name.slice(0, name.indexOf('/'))))
  }

  #ask(): Promise<MoverSourceRow[]> {
    return Promise.resolve().then(() => findMoverSources(this.#target().database, [this.plan.name]))
  }

  async #statusOf(
    database: LiveDatabase,
    source: SourceMover,
    row: MoverSourceRow | undefined,
    isPaused: boolean,
  ): Promise<MoverSource> {
    const { queue, consumer } = this.plan
    const known = await database
      .seenBy(this.#caller)
      .load(consumerByName, { queue, name: consumer })
      .catch(() => null)
    const stopped = row?.stoppedBecause ?? null
    const [outage = null] = known ? [] : database.health().reasons
    const state =
      stopped !== null ? 'stopped' : isPaused ? 'paused' : outage !== null ? 'retrying' : source.state
    return {
      database: database.name,
      queue,
      state,
      reason: stopped ?? source.reason ?? outage,
      lagSeconds: known?.lagSeconds ?? null,
      pendingEvents: known?.pendingEvents ?? null,
      eventsMoved: row?.eventsMoved ?? '0',
      movedAt: row?.movedAt ?? null,
      lastTickId: row?.lastTickId ?? null,
    }
  }

  #isSource(database: string): boolean {
    const { databases, queue, target, route } = this.plan
    const isTarget = database === target && 'queue' in route && route.queue === queue
    return databases.matches(database) && !isTarget
  }

  #begin(database: LiveDatabase): void {
    const source = new SourceMover({
      plan: this.plan,
      source: database,
      view: database.seenBy(this.#caller),
      target: this.#to,
      stop: (name, reason) =>
        stopMoverSource(this.#target().database, { mover: this.plan.name, source: name, reason }),
      turn: (signal) => this.#share.turn(signal),
      cleared: (name, signal) => this.#watch.cleared(name, signal),
    })
    this.#sources.set(database, source)
    source.start()
  }

  #end(source: SourceMover): void {
    const ending = source.close()
    this.#ending.add(ending)
    void ending.finally(() => this.#ending.delete(ending))
  }

  #target(): LiveView {
    return this.#databases.get(this.plan.target).seenBy(this.#caller)
  }
}

function targetOf({ route, ...plan }: MoverPlan, database: () => LiveView): Target {
  return 'nats' in route
    ? new JetStreamTarget({ ...plan, route }, database)
    : new PostgresTarget({ ...plan, route }, database)
}
