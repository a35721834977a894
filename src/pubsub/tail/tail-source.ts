import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import { untilAvailable } from '../../postgres/outage.ts'
import type { DatabaseView } from '../../resolvers/database-view.ts'
import type { EventFilter, EventRow } from '../../resolvers/events/event-row.ts'
import { pageTickEvents } from '../../resolvers/events/events.ts'
import type { LatestHints } from '../ticks/latest-hints.ts'
import type { TickFeed } from '../ticks/tick-feed.ts'
import { type Gap, type TickLogEntry, type TickPosition, TickReader } from '../ticks/tick-reader.ts'

/** The events between two ticks, or a part of them. */
export interface TickBatch {
  tickId: Int8
  prevTickId: Int8
  time: string
  events: EventRow[]
  /** False when more of the same tick follows; `tickId` is a cursor only when this is true. */
  isComplete: boolean
}

export type TailMessage = { kind: 'batch'; batch: TickBatch } | { kind: 'gap'; gap: Gap }

export interface TailInput {
  queue: string
  after: Int8 | null
  filter?: EventFilter | null | undefined
  /** Events in one message. */
  maxEvents: number
}

/** A tick of which a part was read. */
interface Part {
  readonly entry: TickLogEntry & { kind: 'tick' }
  readonly after: Int8 | null
}

/** Where a source stands: what it gives next, as far as the database alone decides that. */
export interface TailPosition {
  /** The same for those who would be given the same next. */
  readonly key: string
  readonly tick: TickPosition
  readonly part: Part | undefined
}

/**
 * Reads batches of a queue in order, from a cursor or from now on, each when it is asked for. A batch larger than a
 * message comes in parts, in the order of event ids.
 */
export class TailSource {
  readonly #view: DatabaseView
  readonly #input: TailInput
  readonly #hints: LatestHints
  readonly #reader: TickReader
  readonly #ending = new AbortController()
  #part: Part | undefined

  /** @param at Where to go on; the input's cursor has no meaning then. */
  constructor(view: DatabaseView, feed: TickFeed, input: TailInput, at?: TailPosition) {
    this.#view = view
    this.#input = input
    this.#hints = feed.subscribe(input.queue)
    this.#reader = at
      ? TickReader.at(view.database, input.queue, at.tick)
      : new TickReader(view.database, input.queue, input.after)
    this.#part = at?.part
  }

  /** Undefined before the first read. */
  get position(): TailPosition | undefined {
    const tick = this.#reader.position
    if (!tick) return undefined
    const part = this.#part
    const key = [tick.queueId, tick.cursor, tick.time, part ? `part after ${part.after}` : 'whole'].join(' ')
    return { key, tick, part }
  }

  /** Null when there is nothing new, or after the end. */
  async read(): Promise<TailMessage | null> {
    const { signal } = this.#ending
    if (!this.#part) {
      const entry = await untilAvailable(signal, () => this.#reader.next())
      if (!entry || entry.kind === 'gap') return entry ?? null
      this.#part = { entry, after: null }
    }
    const part = this.#part
    try {
      return (await untilAvailable(signal, () => this.#readPart(part))) ?? null
    } catch (error) {
      if (!(error instanceof PgqError && error.code === 'NOT_FOUND')) throw error
      // Rotation was faster than this reader.
      this.#part = undefined
      const { prevTickId, tick } = part.entry
      return { kind: 'gap', gap: this.#reader.skipTo(tick.tickId, prevTickId) }
    }
  }

  /** Until there may be something new, or the end. */
  async wait(): Promise<void> {
    await this.#hints.next()
  }

  get isOver(): boolean {
    return this.#ending.signal.aborted
  }

  end(): void {
    this.#ending.abort()
    this.#hints.end()
  }

  async #readPart({ entry, after }: Part): Promise<TailMessage> {
    const { queueId, prevTickId, tick } = entry
    const { events, hasNextPage, endCursor } = await pageTickEvents(this.#view, {
      queueId,
      fromTick: prevTickId,
      toTick: tick.tickId,
      filter: this.#input.filter,
      first: this.#input.maxEvents,
      after,
    })
    this.#part = hasNextPage ? { entry, after: endCursor } : undefined
    return {
      kind: 'batch',
      batch: { tickId: tick.tickId, prevTickId, time: tick.time, events, isComplete: !hasNextPage },
    }
  }
}
