import type { Int8 } from '../int8.ts'
import type { Hold } from '../memory/hold.ts'
import type { Share } from '../memory/share.ts'
import type { BatchRow } from '../resolvers/batches/open-batch.ts'
import type { DatabaseView } from '../resolvers/database-view.ts'
import { type EventPart, readPart } from '../resolvers/events/event-columns.ts'

/** Largest part of a batch that is read and written at once: so many events, and so many bytes where one event does not have more. */
const MAX_EVENTS = 5_000
const MAX_BYTES = 1024 * 1024
/** Memory of a part while it is read, sorted out and written, beside its bytes. */
const COPIES = 4
/** Longest wait for memory (milliseconds); it comes again and again. */
const WAIT_MS = 10_000

/** Ticks that bound the events to be read. */
interface Range {
  fromTick: Int8
  toTick: Int8
  /** Tells a tick from another one with its id, as after a failover. */
  toTickTime: string | null
}

/** A part of a batch. It takes memory until its `release`. */
export interface Part extends EventPart {
  release(): void
}

interface Ahead extends Range {
  part: Promise<Part | null>
}

/**
 * Reads the batches of a source part by part, without events that are there for one consumer alone, which are its retries. It
 * reads the next batch ahead, where there is memory left.
 */
export class BatchReader {
  readonly #view: DatabaseView
  readonly #queue: string
  readonly #queueId: number
  readonly #types: readonly string[] | null
  readonly #hasTxids: boolean
  readonly #share: Share
  #ahead: Ahead | undefined

  constructor(options: {
    view: DatabaseView
    queue: string
    queueId: number
    types: readonly string[] | null
    hasTxids: boolean
    share: Share
  }) {
    this.#view = options.view
    this.#queue = options.queue
    this.#queueId = options.queueId
    this.#types = options.types
    this.#hasTxids = options.hasTxids
    this.#share = options.share
  }

  /** Reads a part, when there is memory for it. @throws PgqError `NOT_FOUND` when the log does not reach back so far. */
  async read(batch: BatchRow, after: Int8 | null, signal: AbortSignal): Promise<Part | null> {
    const range = { fromTick: batch.prevTickId, toTick: batch.tickId, toTickTime: batch.endTime }
    const ahead = this.#takeAhead(range, after)
    const part = await ahead
    if (part) return part
    const hold = await this.#share.take(this.#queue, COPIES * MAX_BYTES, WAIT_MS, signal)
    return hold && this.#read(range, after, hold)
  }

  /** Begins to read the first part of the batch after this one, if its closing tick is there. */
  readAhead({ tickId, nextTickId, nextTickTime }: BatchRow): void {
    if (nextTickId === null || this.#ahead?.fromTick === tickId) return
    this.close()
    const hold = this.#share.tryTake(COPIES * MAX_BYTES)
    if (!hold) return
    const range = { fromTick: tickId, toTick: nextTickId, toTickTime: nextTickTime }
    this.#ahead = { ...range, part: this.#read(range, null, hold).catch(() => null) }
  }

  close(): void {
    void this.#ahead?.part.then((part) => part?.release())
    this.#ahead = undefined
  }

  #takeAhead(range: Range, after: Int8 | null): Promise<Part | null> | null {
    const ahead = this.#ahead
    if (!ahead || after !== null) return null
    const isIt =
      ahead.fromTick === range.fromTick &&
      ahead.toTick === range.toTick &&
      ahead.toTickTime === range.toTickTime
    if (isIt) this.#ahead = undefined
    else this.close()
    return isIt ? ahead.part : null
  }

  async #read({ fromTick, toTick }: Range, after: Int8 | null, hold: Hold): Promise<Part> {
    try {
      const part = await readPart(this.#view, {
        queue: this.#queue,
        queueId: this.#queueId,
        fromTick,
        toTick,
        after,
        types: this.#types,
        hasTxids: this.#hasTxids,
        maxCount: MAX_EVENTS,
        maxBytes: MAX_BYTES,
      })
      return { ...part, release: () => hold.release() }
    } catch (error) {
      hold.release()
      throw error
    }
  }
}
