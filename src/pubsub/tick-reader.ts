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

/** A tick that a reader has read up to. Its time tells it from another one under the same id; null where unknown. */
interface Position {
  queueId: number
  tickId: Int8
  time: string | null
}

/**
 * Walks the log of one queue from a cursor. Between what it gives nothing is missing and nothing is repeated; where the
 * log does not hold what should come next, it says so with a gap, once.
 */
export class TickReader {
  readonly #database: Database
  readonly #queue: string
  #position: Position | undefined
  #after: Int8 | null
  #read: TickLogEntry[] = []
  #readAt = 0

  /** @param after The last tick that the caller has; null starts at the newest, so only what is still to come is read. */
  constructor(database: Database, queue: string, after: Int8 | null) {
    this.#database = database
    this.#queue = queue
    this.#after = after
  }

  /** Null when there is nothing new. @throws PgqError `QUEUE_NOT_FOUND`, also when the queue was dropped meanwhile. */
  async next(): Promise<TickLogEntry | null> {
    if (this.#readAt >= this.#read.length) {
      this.#read = this.#position ? await this.#readOn(this.#position) : await this.#start()
      this.#readAt = 0
    }
    const entry = this.#read[this.#readAt++] ?? null
    if (entry?.kind === 'tick') {
      const { tickId, time } = entry.tick
      this.#position = { queueId: entry.queueId, tickId, time }
    }
    return entry
  }

  /** Puts a gap before what comes next, after events turned out to be gone; they were between the cursor and `toTick`. */
  skipTo(toTick: Int8, fromTick: Int8): Gap {
    this.#read = []
    if (this.#position) this.#position = { ...this.#position, tickId: toTick, time: null }
    return { fromTick, toTick, reason: 'ROTATED' }
  }

  async #start(): Promise<TickLogEntry[]> {
    const after = this.#after
    const log = await this.#readLog(after, null)
    const { queueId, newestTime } = log
    const newest = log.newest ?? '0'
    const oldest = log.oldest ?? '0'
    if (after === null) {
      this.#position = { queueId, tickId: newest, time: newestTime }
    } else if (isAfter(after, newest)) {
      return this.#skip({ queueId, tickId: newest, time: newestTime }, after, 'AHEAD')
    } else if (log.floor !== null) {
      this.#position = { queueId, tickId: log.floor, time: log.floorTime }
    } else if (oldest === FIRST_TICK) {
      this.#position = { queueId, tickId: oldest, time: null }
    } else {
      return this.#skip({ queueId, tickId: oldest, time: null }, after, 'ROTATED')
    }
    return this.#readOn(this.#position)
  }

  async #readOn(position: Position): Promise<TickLogEntry[]> {
    const { queueId, tickId } = position
    const ticks = await findNextTicks(this.#database, queueId, position, TICKS_PER_READ)
    const [first] = ticks
    if (!first?.isGapless) return this.#explain(position)
    return ticks.map((tick, index) => ({
      kind: 'tick',
      queueId,
      tick,
      prevTickId: ticks[index - 1]?.tickId ?? tickId,
    }))
  }

  /** No new tick, or the one that was read last is not there: is this still the queue, and the same log? */
  async #explain({ queueId, tickId, time }: Position): Promise<TickLogEntry[]> {
    const log = await this.#readLog(tickId, time)
    const oldest = { queueId: log.queueId, tickId: log.oldest ?? '0', time: null }
    if (log.queueId !== queueId) return this.#skip(oldest, tickId, 'RECREATED')
    if (log.floor === tickId && (time === null || log.floorTime === time)) return []
    if (isAfter(oldest.tickId, tickId)) return this.#skip(oldest, tickId, 'ROTATED')
    // The database has lost its last commits. Back to the last tick that both pasts have, or as far as there is any.
    if (log.floor === null) return this.#skip(oldest, tickId, 'AHEAD')
    return this.#skip({ queueId, tickId: log.floor, time: log.floorTime }, tickId, 'AHEAD')
  }

  #skip(to: Position, fromTick: Int8, reason: GapReason): TickLogEntry[] {
    this.#position = to
    return [{ kind: 'gap', gap: { fromTick, toTick: to.tickId, reason } }]
  }

  async #readLog(after: Int8 | null, afterTime: string | null) {
    const log = await readTickLog(this.#database, this.#queue, after, afterTime)
    if (log) return log
    throw new PgqError('QUEUE_NOT_FOUND', `Queue "${this.#queue}" does not exist`, { field: 'queue' })
  }
}
