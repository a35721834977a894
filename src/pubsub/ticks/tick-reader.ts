import { type Int8, isAfter } from '../../int8.ts'
import type { Database } from '../../postgres/database.ts'
import { queueNotFound } from '../../resolvers/grants.ts'
import { findNextTicks, type NextTickRow, readTickLog } from '../../resolvers/ticks/ticks.ts'

export type GapReason = 'ROTATED' | 'RECREATED' | 'AHEAD'

/** A part of the log that cannot be read; the reader continues after `toTick`. */
export interface Gap {
  fromTick: Int8
  toTick: Int8
  reason: GapReason
}

/** A reader's next find: a tick in order, or a gap in the log. */
export type TickLogEntry =
  | { kind: 'tick'; queueId: number; prevTickId: Int8; tick: NextTickRow }
  | { kind: 'gap'; gap: Gap }

/** Position of a reader in the log of a queue; it continues after `cursor`. */
export interface TickPosition {
  readonly queueId: number
  readonly cursor: Int8
  /** Time of that tick, which tells it from another one with the same id; null where unknown. */
  readonly time: string | null
}

const TICKS_PER_READ = 200
/** First tick of every queue. No event is before it, so a reader from 0 has missed nothing. */
const FIRST_TICK = '1'

/**
 * Reads the log of one queue from a cursor, with nothing missing and nothing repeated. Where the log does not hold
 * what should come next, it reports one gap.
 */
export class TickReader {
  readonly #database: Database
  readonly #queue: string
  #position: TickPosition | undefined
  #after: Int8 | null
  #read: TickLogEntry[] = []
  #readAt = 0

  /** @param after The last tick that the caller has; null starts after the newest one. */
  constructor(database: Database, queue: string, after: Int8 | null) {
    this.#database = database
    this.#queue = queue
    this.#after = after
  }

  /** Makes a reader that continues at the position of another one. */
  static at(database: Database, queue: string, position: TickPosition): TickReader {
    const reader = new TickReader(database, queue, position.cursor)
    reader.#position = position
    return reader
  }

  /** Current position; undefined before the first `next`. */
  get position(): TickPosition | undefined {
    return this.#position
  }

  /** Reads the next entry; null when there is none. @throws PgqError `QUEUE_NOT_FOUND`, also after a later drop. */
  async next(): Promise<TickLogEntry | null> {
    if (this.#readAt >= this.#read.length) {
      this.#read = this.#position ? await this.#readOn(this.#position) : await this.#start()
      this.#readAt = 0
    }
    const entry = this.#read[this.#readAt++] ?? null
    if (entry?.kind === 'tick') {
      const { tickId, time } = entry.tick
      this.#position = { queueId: entry.queueId, cursor: tickId, time }
    }
    return entry
  }

  /** Moves on to `toTick` after the events between it and the cursor turned out to be gone, and returns that gap. */
  skipTo(toTick: Int8, fromTick: Int8): Gap {
    this.#read = []
    if (this.#position) this.#position = { ...this.#position, cursor: toTick, time: null }
    return { fromTick, toTick, reason: 'ROTATED' }
  }

  async #start(): Promise<TickLogEntry[]> {
    const after = this.#after
    const log = await this.#readLog(after, null)
    const { queueId, newestTime } = log
    const newest = log.newest ?? '0'
    const oldest = log.oldest ?? '0'
    if (after === null) {
      this.#position = { queueId, cursor: newest, time: newestTime }
    } else if (isAfter(after, newest)) {
      return this.#skip({ queueId, cursor: newest, time: newestTime }, after, 'AHEAD')
    } else if (log.floor !== null) {
      this.#position = { queueId, cursor: log.floor, time: log.floorTime }
    } else if (oldest === FIRST_TICK) {
      this.#position = { queueId, cursor: oldest, time: null }
    } else {
      return this.#skip({ queueId, cursor: oldest, time: null }, after, 'ROTATED')
    }
    return this.#readOn(this.#position)
  }

  async #readOn(position: TickPosition): Promise<TickLogEntry[]> {
    const { queueId, cursor } = position
    const ticks = await findNextTicks(this.#database, queueId, position, TICKS_PER_READ)
    const [first] = ticks
    if (!first?.isGapless) return this.#explain(position)
    return ticks.map((tick, index) => ({
      kind: 'tick',
      queueId,
      tick,
      prevTickId: ticks[index - 1]?.tickId ?? cursor,
    }))
  }

  /** Explains why no new tick follows the last one: nothing new, or another queue or log under the same name. */
  async #explain({ queueId, cursor, time }: TickPosition): Promise<TickLogEntry[]> {
    const log = await this.#readLog(cursor, time)
    const oldest = { queueId: log.queueId, cursor: log.oldest ?? '0', time: null }
    if (log.queueId !== queueId) return this.#skip(oldest, cursor, 'RECREATED')
    if (log.floor === cursor && (time === null || log.floorTime === time)) return []
    if (isAfter(oldest.cursor, cursor)) return this.#skip(oldest, cursor, 'ROTATED')
    // The database has lost its last commits. Go back to the last tick common to both histories, or the oldest.
    if (log.floor === null) return this.#skip(oldest, cursor, 'AHEAD')
    return this.#skip({ queueId, cursor: log.floor, time: log.floorTime }, cursor, 'AHEAD')
  }

  #skip(to: TickPosition, fromTick: Int8, reason: GapReason): TickLogEntry[] {
    this.#position = to
    return [{ kind: 'gap', gap: { fromTick, toTick: to.cursor, reason } }]
  }

  async #readLog(after: Int8 | null, afterTime: string | null) {
    const log = await readTickLog(this.#database, this.#queue, after, afterTime)
    if (log) return log
    throw queueNotFound(this.#queue)
  }
}
