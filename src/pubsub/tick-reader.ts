import type { Database } from '../database/database.ts'
import { PgqError } from '../errors.ts'
import { type Int8, isAfter } from '../int8.ts'
import { findNextTicks, type NextTickRow, readTickLog } from '../resolvers/tick.ts'

export type GapReason = 'ROTATED' | 'RECREATED' | 'AHEAD'

/** The log between these ticks cannot be read; the reader goes on after `toTick`. */
export interface Gap {
  fromTick: Int8
  toTick: Int8
  reason: GapReason
}

/** What a reader finds next: ticks in order, or a hole in the log. */
export type TickLogEntry =
  | { kind: 'tick'; queueId: number; prevTickId: Int8; tick: NextTickRow }
  | { kind: 'gap'; gap: Gap }

const TICKS_PER_READ = 200
/** Made with the queue, so no event is before it: a reader from 0 has missed nothing. */
const FIRST_TICK = '1'

/**
 * Walks the log of one queue from a cursor. Between what it gives nothing is missing and nothing is repeated; where the
 * log does not hold what should come next, it says so with a gap, once.
 */
export class TickReader {
  readonly #database: Database
  readonly #queue: string
  #position: { queueId: number; cursor: Int8 } | undefined
  #after: Int8 | null
  #read: TickLogEntry[] = []

  /** @param after The last tick that the caller has; null starts at the newest, so only what is still to come is read. */
  constructor(database: Database, queue: string, after: Int8 | null) {
    this.#database = database
    this.#queue = queue
    this.#after = after
  }

  /** Null when there is nothing new. @throws PgqError `QUEUE_NOT_FOUND`, also when the queue was dropped meanwhile. */
  async next(): Promise<TickLogEntry | null> {
    if (this.#read.length === 0)
      this.#read = this.#position ? await this.#readOn(this.#position) : await this.#start()
    const entry = this.#read.shift() ?? null
    if (entry && this.#position) {
      this.#position.cursor = entry.kind === 'tick' ? entry.tick.tickId : entry.gap.toTick
    }
    return entry
  }

  /** Puts a gap before what comes next, after events turned out to be gone; they were between the cursor and `toTick`. */
  skipTo(toTick: Int8, fromTick: Int8): Gap {
    this.#read = []
    if (this.#position) this.#position.cursor = toTick
    return { fromTick, toTick, reason: 'ROTATED' }
  }

  async #start(): Promise<TickLogEntry[]> {
    const log = await this.#readLog(this.#after)
    const after = this.#after
    const oldest = log.oldest ?? '0'
    const newest = log.newest ?? '0'
    this.#position = { queueId: log.queueId, cursor: log.floor ?? oldest }
    if (after === null) {
      this.#position.cursor = newest
    } else if (isAfter(after, newest)) {
      return [{ kind: 'gap', gap: { fromTick: after, toTick: newest, reason: 'AHEAD' } }]
    } else if (log.floor === null && oldest !== FIRST_TICK) {
      return [{ kind: 'gap', gap: { fromTick: after, toTick: oldest, reason: 'ROTATED' } }]
    }
    return this.#readOn(this.#position)
  }

  async #readOn({ queueId, cursor }: { queueId: number; cursor: Int8 }): Promise<TickLogEntry[]> {
    const ticks = await findNextTicks(this.#database, queueId, cursor, TICKS_PER_READ)
    const [first] = ticks
    if (!first) return this.#checkRecreated(queueId, cursor)
    if (!first.isGapless) {
      return [{ kind: 'gap', gap: { fromTick: cursor, toTick: first.tickId, reason: 'ROTATED' } }]
    }
    return ticks.map((tick, index) => ({
      kind: 'tick',
      queueId,
      tick,
      prevTickId: ticks[index - 1]?.tickId ?? cursor,
    }))
  }

  /** No new tick: is this still the queue? */
  async #checkRecreated(queueId: number, cursor: Int8): Promise<TickLogEntry[]> {
    const log = await this.#readLog(null)
    if (log.queueId === queueId) return []
    const toTick = log.oldest ?? '0'
    this.#position = { queueId: log.queueId, cursor: toTick }
    return [{ kind: 'gap', gap: { fromTick: cursor, toTick, reason: 'RECREATED' } }]
  }

  async #readLog(after: Int8 | null) {
    const log = await readTickLog(this.#database, this.#queue, after)
    if (log) return log
    throw new PgqError('QUEUE_NOT_FOUND', `Queue "${this.#queue}" does not exist`, { field: 'queue' })
  }
}
