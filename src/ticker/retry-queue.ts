import { backoffMs } from '../async/backoff.ts'
import { call } from '../postgres/call.ts'
import type { ErrorLog } from '../postgres/error-log.ts'
import type { Pool } from '../postgres/pool.ts'

export interface RetryQueueContext {
  pool: Pool
  errors: ErrorLog
  /** Called when events came back. */
  onRetried: () => void
}

const moveRetries = { name: 'maint_retry_events', text: 'select pgq_gateway.maint_retry_events() as count' }

/** Shortest time between moves, also where some remain due, such as those past a queue's limit per transaction (milliseconds). */
const PAUSE_MS = 10
const SUBJECT = 'the retry queue'

/** Returns events from the retry queue when they are due, one move at a time. */
export class RetryQueue {
  readonly #context: RetryQueueContext
  #dueAtMs = Number.POSITIVE_INFINITY
  #notBeforeMs = 0
  #failures = 0
  #moving: Promise<void> | undefined
  #isOver = false

  constructor(context: RetryQueueContext) {
    this.#context = context
  }

  /** Time of the next move, by `performance.now()`; `Infinity` while there is none to plan. */
  get dueAtMs(): number {
    return this.#moving ? Number.POSITIVE_INFINITY : Math.max(this.#dueAtMs, this.#notBeforeMs)
  }

  /** Takes over when the next event is due (milliseconds from now); null for none. */
  expect(dueInMs: number | null): void {
    this.#dueAtMs = dueInMs === null ? Number.POSITIVE_INFINITY : performance.now() + dueInMs
    // Nothing is due, so another ticker has moved what this one could not, or it is gone.
    if (dueInMs === null || dueInMs > 0) this.#worked()
  }

  /** Begins to move what is due. Never throws. */
  moveDue(): void {
    if (this.#isOver || performance.now() < this.dueAtMs) return
    this.#dueAtMs = Number.POSITIVE_INFINITY
    this.#moving = this.#move().finally(() => {
      this.#moving = undefined
    })
  }

  /** Begins no further move, and resolves when the last one has ended. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#moving
  }

  async #move(): Promise<void> {
    const { pool, onRetried } = this.#context
    try {
      let total = 0
      for (let moved = 1; moved > 0 && !this.#isOver; total += moved) {
        const [row] = await call<{ count: number }>(pool, moveRetries, [])
        moved = row?.count ?? 0
      }
      this.#worked()
      this.#notBeforeMs = performance.now() + PAUSE_MS
      if (total > 0) onRetried()
    } catch (error) {
      this.#context.errors.failed(SUBJECT, error)
      this.#notBeforeMs = performance.now() + backoffMs(this.#failures++, { firstMs: 2_000, maxMs: 20_000 })
    }
  }

  #worked(): void {
    this.#context.errors.worked(SUBJECT)
    this.#failures = 0
  }
}
