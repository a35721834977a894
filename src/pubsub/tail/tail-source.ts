import { extraColumns, type GrantFilter } from '../../access/grant.ts'
import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { AnswerTurn } from '../../memory/answer-turn.ts'
import { untilAvailable } from '../../postgres/outage.ts'
import type { DatabaseView } from '../../resolvers/database-view.ts'
import type { EventFilter, EventRow } from '../../resolvers/events/event-row.ts'
import { pageTickEvents } from '../../resolvers/events/events.ts'
import type { LatestHints } from '../ticks/latest-hints.ts'
import type { TickFeed } from '../ticks/tick-feed.ts'
import { type Gap, type TickLogEntry, type TickPosition, TickReader } from '../ticks/tick-reader.ts'

/** Events between two ticks, or a part of them. */
export interface TickBatch {
  tickId: Int8
  prevTickId: Int8
  time: string
  events: EventRow[]
  /** Whether the tick ends here. If false, more of it follows, and `tickId` is no cursor yet. */
  isComplete: boolean
}

export type TailMessage = { kind: 'batch'; batch: TickBatch } | { kind: 'gap'; gap: Gap }

export interface TailInput {
  queue: string
  after: Int8 | null
  filter?: EventFilter | null | undefined
  /** Conditions of grants: an event must meet one of them. Null where all may be read. */
  granted: readonly GrantFilter[] | null
  /** Maximum number of events in one message. */
  maxEvents: number
  /** Maximum size of these events (bytes); one alone may be larger. */
  maxBytes: number
}

/** A tick that was read in part. */
interface Part {
  readonly entry: TickLogEntry & { kind: 'tick' }
  readonly after: Int8 | null
}

/** Position of a source, which determines what the database gives it next. */
export interface TailPosition {
  /** Key that is equal for positions with the same continuation. */
  readonly key: string
  readonly tick: TickPosition
  readonly part: Part | undefined
}

/**
 * Reads the batches of a queue in order and on demand, from a cursor or from now on. A batch larger than a message
 * comes in parts, ordered by event id.
 */
export class TailSource {
  readonly #view: DatabaseView
  readonly #input: TailInput
  readonly #hints: LatestHints
  readonly #reader: TickReader
  readonly #ending = new AbortController()
  readonly #turn: AnswerTurn
  #part: Part | undefined

  /** @param at Position to continue from; the input's cursor is ignored then. */
  constructor(view: DatabaseView, feed: TickFeed, input: TailInput, at?: TailPosition) {
    this.#view = view
    this.#input = input
    this.#hints = feed.subscribe(input.queue)
    this.#reader = at
      ? TickReader.at(view.database, input.queue, at.tick)
      : new TickReader(view.database, input.queue, input.after)
    this.#part = at?.part
    this.#turn = view.state.memory.pageTurn(input.queue, input.maxBytes)
  }

  /** Current position; undefined before the first read. */
  get position(): TailPosition | undefined {
    const tick = this.#reader.position
    if (!tick) return undefined
    const part = this.#part
    const key = [tick.queueId, tick.cursor, tick.time, part ? `part after ${part.after}` : 'whole'].join(' ')
    return { key, tick, part }
  }

  /** Reads the next message; null when there is nothing new, or after the end. */
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
      // Rotation has removed the events before they were read.
      this.#part = undefined
      const { prevTickId, tick } = part.entry
      return { kind: 'gap', gap: this.#reader.skipTo(tick.tickId, prevTickId) }
    }
  }

  /** Says that the message read last was given, and what readers need of it was made. */
  given(): void {
    this.#turn.end()
  }

  /** Waits until there may be something new, or until the end. */
  async wait(): Promise<void> {
    await this.#hints.next()
  }

  get isOver(): boolean {
    return this.#ending.signal.aborted
  }

  end(): void {
    this.#ending.abort()
    this.#hints.end()
    this.#turn.end()
  }

  async #readPart({ entry, after }: Part): Promise<TailMessage> {
    const { queueId, prevTickId, tick } = entry
    const wanted = {
      queue: this.#input.queue,
      queueId,
      fromTick: prevTickId,
      toTick: tick.tickId,
      filter: withGranted(this.#input),
      first: this.#input.maxEvents,
      maxBytes: this.#input.maxBytes,
      after,
    }
    const beginLarge = () => this.#turn.begin(this.#ending.signal)
    const { events, hasNextPage, endCursor } = await pageTickEvents(this.#view, wanted, beginLarge)
    this.#part = hasNextPage ? { entry, after: endCursor } : undefined
    return {
      kind: 'batch',
      batch: {
        tickId: tick.tickId,
        prevTickId,
        time: tick.time,
        events: this.#granted(events),
        isComplete: !hasNextPage,
      },
    }
  }

  #granted(events: EventRow[]): EventRow[] {
    const { granted } = this.#input
    return granted && granted.length > 1
      ? events.filter((event) => granted.some((filter) => meets(event, filter)))
      : events
  }
}

/** Adds to a filter what SQL can tell of the grants: the one there is. What several have in common is left to `meets`. */
function withGranted({
  filter,
  granted,
}: Pick<TailInput, 'filter' | 'granted'>): EventFilter | null | undefined {
  const [only, ...others] = granted ?? []
  if (!only || others.length > 0) return filter
  const isContrary = extraColumns.some((column) => {
    const wanted = filter?.[column]
    return wanted != null && only[column] !== undefined && wanted !== only[column]
  })
  // No event has one of no types.
  return { ...filter, ...only, ...(isContrary && { types: [] }) }
}

function meets(event: EventRow, filter: GrantFilter): boolean {
  return extraColumns.every((column) => filter[column] === undefined || event[column] === filter[column])
}
