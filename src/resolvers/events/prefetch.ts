import type { Int8 } from '../../int8.ts'
import type { Database } from '../../postgres/database.ts'
import type { BatchRow, FirstEvents } from '../batches/open-batch.ts'
import { type EventRow, eventColumns } from './event-row.ts'

interface Kept {
  what: string
  /** The ticks that bound it. The time tells a tick from another one that has its id, after a failover. */
  fromTickId: Int8
  toTickId: Int8
  toTickTime: string | null
  /** The batch that was opened since and has these bounds. */
  batchId?: Int8
  /** Null when reading failed. */
  rows: Promise<EventRow[] | null>
}

/** Streams of a database that read ahead at once. Each holds the first page of a batch: 10 MB if there is much in it. */
const MAX_STREAMS = 8

/** Bounds how many streams of a database read ahead. */
export class PrefetchBudget {
  #taken = 0

  /** @returns False where nothing is left. */
  take(): boolean {
    if (this.#taken === MAX_STREAMS) return false
    this.#taken++
    return true
  }

  giveBack(): void {
    this.#taken--
  }
}

const aheadStatement = {
  name: 'events-ahead',
  text: `select ${eventColumns} from pgq_gateway.events_ahead($1, $2,
    row(null, $3, $4, $5, $6, $7, $8)::pgq_gateway.event_selection)`,
}

/**
 * Reads, while the worker of a stream is at work on a batch, the events of the next one: what lies between two ticks does not
 * change. At most those that were asked of the batch before, of one batch, and only when its closing tick is there already.
 *
 * They are given out if the stream's next batch has these bounds and was opened by the transaction that settled the one before: so
 * the consumer was nobody else's meanwhile, and its retries are still its own.
 */
export class Prefetch {
  readonly #database: Database
  readonly #budget: PrefetchBudget
  #kept: Kept | undefined
  #isOver = false

  constructor(database: Database, budget: PrefetchBudget) {
    this.#database = database
    this.#budget = budget
  }

  /**
   * To be called with each batch before its events are asked for.
   *
   * @param isSuccessor It was opened by the transaction that settled the one before.
   */
  follow(batch: BatchRow, isSuccessor: boolean): BatchRow {
    const kept = this.#kept
    if (
      isSuccessor &&
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

  async #take(batchId: Int8, what: FirstEvents): Promise<EventRow[] | null> {
    const kept = this.#kept
    if (kept?.batchId !== batchId || kept.what !== JSON.stringify(what)) return null
    this.#drop()
    return kept.rows
  }

  #begin({ batchId, tickId, nextTickId, nextTickTime }: BatchRow, what: FirstEvents): void {
    if (this.#isOver || nextTickId === null || this.#kept?.fromTickId === tickId) return
    this.#drop()
    if (!this.#budget.take()) return
    const rows = this.#database
      .call<EventRow>('reader', aheadStatement, [batchId, nextTickId, what.limit, ...what.filter])
      .catch(() => null)
    this.#kept = {
      what: JSON.stringify(what),
      fromTickId: tickId,
      toTickId: nextTickId,
      toTickTime: nextTickTime,
      rows,
    }
  }

  #drop(): void {
    if (this.#kept) this.#budget.giveBack()
    this.#kept = undefined
  }
}
