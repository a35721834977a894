import type { Int8 } from '../../int8.ts'
import type { Memory } from '../../memory/memory.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import type { BatchRow, FirstEvents } from '../batches/open-batch.ts'
import type { EventSizes, ReadEvents } from './event-page.ts'
import { type EventRow, eventColumns } from './event-row.ts'

interface Kept {
  conditions: string
  limit: number
  /** Ticks that bound the events. The time tells a tick from another one with the same id after a failover. */
  fromTickId: Int8
  toTickId: Int8
  toTickTime: string | null
  /** Id of the batch that was opened since with these bounds. */
  batchId?: Int8
  /** Events read ahead; null when reading failed. */
  events: Promise<ReadEvents | null>
}

function conditionsOf({ filter, maxBytes }: FirstEvents): string {
  return JSON.stringify([filter, maxBytes])
}

/** Maximum number of streams of a database that read ahead. Each may hold a batch's first page. */
const MAX_STREAMS = 8

/** Limits the number of streams of a database that read ahead. */
export class PrefetchBudget {
  #taken = 0

  /** Takes a share of the budget. @returns False where none is left. */
  take(): boolean {
    if (this.#taken === MAX_STREAMS) return false
    this.#taken++
    return true
  }

  giveBack(): void {
    this.#taken--
  }
}

/** What the streams of a database share. */
interface PrefetchState {
  readonly memory: Memory
  readonly prefetches: PrefetchBudget
  readonly sizes: EventSizes
}

const aheadStatement: Statement = {
  name: 'events-ahead',
  role: 'reader',
  text: `select ${eventColumns} from pgq_gateway.events_ahead($1, $2,
    row(null, $3, $4, $5, $6, $7, $8)::pgq_gateway.event_selection)`,
}

/**
 * Reads the next batch's events while the worker of a stream processes the current one: events between two ticks do
 * not change. It reads the same selection as from the current batch, one batch ahead, and only if its closing tick
 * exists.
 *
 * The events are used if the stream's next batch has these bounds and was opened by the transaction that settled the
 * one before. Then no other worker had the consumer in between, and its retries are still its own.
 */
export class Prefetch {
  readonly #database: Database
  readonly #state: PrefetchState
  #kept: Kept | undefined
  #isOver = false

  constructor(database: Database, state: PrefetchState) {
    this.#database = database
    this.#state = state
  }

  /**
   * Adds the read-ahead to a batch; called with each batch before its events are read.
   *
   * @param isOpenedOnSettling Whether the batch was opened by the transaction that settled the one before.
   */
  follow(batch: BatchRow, isOpenedOnSettling: boolean): BatchRow {
    const kept = this.#kept
    if (
      isOpenedOnSettling &&
      kept?.fromTickId === batch.prevTickId &&
      kept.toTickId === batch.tickId &&
      kept.toTickTime === batch.endTime
    )
      kept.batchId = batch.batchId
    else this.#drop()
    const readAhead = {
      take: (what: FirstEvents) => this.#take(batch.batchId, what),
      begin: (what: FirstEvents) => this.#begin(batch, what),
    }
    return { ...batch, readAhead }
  }

  close(): void {
    this.#isOver = true
    this.#drop()
  }

  async #take(batchId: Int8, what: FirstEvents): Promise<ReadEvents | null> {
    const kept = this.#kept
    if (kept?.batchId !== batchId || kept.conditions !== conditionsOf(what)) return null
    this.#drop()
    const events = await kept.events
    // How many are asked for follows the size of the queue's events, and may have changed since.
    const isAll = events !== null && !events.isCut && events.rows.length < kept.limit
    return what.limit <= kept.limit || isAll || events?.isCut ? events : null
  }

  #begin({ batchId, queueName, tickId, nextTickId, nextTickTime }: BatchRow, what: FirstEvents): void {
    const { sizes, memory } = this.#state
    const maxBytes = Math.min(what.maxBytes, memory.smallPageBytes)
    // Large pages wait for their turn, and are not kept for a worker that may take long.
    if (sizes.isLarger(queueName, maxBytes)) return
    if (this.#isOver || nextTickId === null || this.#kept?.fromTickId === tickId) return
    this.#drop()
    if (!this.#state.prefetches.take()) return
    const values = [batchId, nextTickId, what.limit, ...what.filter]
    const events = this.#database
      .callBounded<EventRow>(aheadStatement, values, { maxBytes, queue: queueName })
      .then((found) => (found.isCut && maxBytes < what.maxBytes ? null : found))
      .catch(() => null)
    this.#kept = {
      conditions: conditionsOf(what),
      limit: what.limit,
      fromTickId: tickId,
      toTickId: nextTickId,
      toTickTime: nextTickTime,
      events,
    }
  }

  #drop(): void {
    if (this.#kept) this.#state.prefetches.giveBack()
    this.#kept = undefined
  }
}
