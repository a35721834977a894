import type pg from 'pg'
import { backoffMs } from '../database/backoff.ts'
import { call } from '../database/call.ts'
import { PgqError } from '../errors.ts'
import type { ErrorLog } from './error-log.ts'
import type { PlanLimits, Step } from './plan.ts'
import type { QueueClock, StepRow } from './queue-clock.ts'

export interface StepOptions extends PlanLimits {
  /** Queues that are ticked at the same time, each on a connection of its own. */
  maxParallel: number
}

export interface StepContext {
  pool: pg.Pool
  options: StepOptions
  errors: ErrorLog
  onTick: () => void
  onForeignTick: () => void
  /** What is known of a queue does not hold any more. */
  onOutdated: (queue: QueueClock) => void
}

/** Idle queues are ticked together, at most this much later than each by itself. */
const MAX_GATHER_MS = 1_000
/** Of them, in one transaction. */
const GATHERED_QUEUES = 50

const useTransactionId = { name: 'use_transaction_id', text: 'select txid_current()' }
const doStep = { name: 'ticker_step', text: 'select * from pgq_gateway.ticker_step($1, $2)' }

/** Makes each queue's ticks when they are due: with events each queue's by itself and at once, of idle queues together. */
export class TickSteps {
  readonly #context: StepContext
  readonly #timers = new Map<QueueClock, NodeJS.Timeout>()
  readonly #ready = new Set<QueueClock>()
  readonly #running = new Set<Promise<void>>()
  /** Idle, and when each is due. */
  readonly #idle = new Map<QueueClock, number>()
  readonly #forgotten = new WeakSet<QueueClock>()
  #gathering: NodeJS.Timeout | undefined
  #isOver = false

  constructor(context: StepContext) {
    this.#context = context
  }

  /** Plans a queue's next step, in place of the one that was planned before; a step under way does so when it ends. */
  schedule(queue: QueueClock): void {
    if (this.#isOver || queue.isBusy || this.#forgotten.has(queue)) return
    this.#unschedule(queue)
    const { step, atMs } = queue.plan(this.#context.options)
    if (!step) return
    const delayMs = atMs - performance.now()
    if (step === 'idle' && queue.lastTickAtMs !== null && !queue.hasFailed) {
      this.#idle.set(queue, atMs)
      this.#gather()
    } else if (delayMs > 0) {
      // Node's timers hold 2^31 - 1 ms at most; then it is planned anew.
      const timer = setTimeout(() => this.schedule(queue), Math.min(delayMs, 2 ** 31 - 1))
      this.#timers.set(queue, timer)
    } else {
      this.#ready.add(queue)
      this.#runReady()
    }
  }

  /** The queue is gone. */
  forget(queue: QueueClock): void {
    this.#forgotten.add(queue)
    this.#unschedule(queue)
    this.#context.errors.forget(subjectOf(queue))
  }

  /** Begins no further step, and resolves when none is under way. */
  async end(): Promise<void> {
    this.#isOver = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
    clearTimeout(this.#gathering)
    this.#ready.clear()
    await Promise.all(this.#running)
  }

  #unschedule(queue: QueueClock): void {
    clearTimeout(this.#timers.get(queue))
    this.#timers.delete(queue)
    this.#idle.delete(queue)
    this.#ready.delete(queue)
  }

  #gather(): void {
    const gatherMs = Math.min(MAX_GATHER_MS, this.#context.options.idleFloorMs)
    this.#gathering ??= setTimeout(() => this.#run(this.#tickIdle()), gatherMs)
  }

  #run(step: Promise<void>): void {
    const running = step.then(() => {
      this.#running.delete(running)
    })
    this.#running.add(running)
  }

  /** Ticks the idle queues that are due. */
  async #tickIdle(): Promise<void> {
    for (let due = this.#takeDue(); due.length > 0 && !this.#isOver; due = this.#takeDue()) {
      for (const queue of due) queue.startStep()
      await this.#stepTogether(due)
      for (const queue of due) this.schedule(queue)
    }
    this.#gathering = undefined
    if (this.#idle.size > 0 && !this.#isOver) this.#gather()
  }

  #takeDue(): QueueClock[] {
    const due: QueueClock[] = []
    const nowMs = performance.now()
    for (const [queue, atMs] of this.#idle) {
      if (due.length === GATHERED_QUEUES) break
      if (atMs > nowMs) continue
      this.#idle.delete(queue)
      due.push(queue)
    }
    return due
  }

  #runReady(): void {
    for (const queue of this.#ready) {
      if (this.#isOver || this.#running.size >= this.#context.options.maxParallel) return
      this.#ready.delete(queue)
      const { step, atMs } = queue.plan(this.#context.options)
      if (!step || atMs > performance.now()) {
        this.schedule(queue)
        continue
      }
      queue.startStep()
      const done = this.#step(queue, step).then(() => this.schedule(queue))
      this.#run(done)
      void done.then(() => this.#runReady())
    }
  }

  /** Never throws: a queue that cannot be ticked is no matter of the others. */
  async #step(queue: QueueClock, step: Step): Promise<void> {
    const { pool, errors } = this.#context
    try {
      const before = queue.lastTickId
      if (step === 'events' && queue.needsFreshSnapshot) await call(pool, useTransactionId, [])
      const [row] = await call<StepRow>(pool, doStep, [[queue.name], step === 'events'])
      if (!row) throw new PgqError('QUEUE_NOT_FOUND', 'the queue is gone')
      this.#finish(queue, step, row, before)
      errors.worked(subjectOf(queue))
    } catch (error) {
      this.#fail(queue, error)
    }
  }

  /** Where one fails, each is tried by itself. */
  async #stepTogether(queues: readonly QueueClock[]): Promise<void> {
    let rows: StepRow[]
    try {
      rows = await call<StepRow>(this.#context.pool, doStep, [queues.map((queue) => queue.name), false])
    } catch {
      for (const queue of queues) await this.#step(queue, 'idle')
      return
    }
    const byName = new Map(rows.map((row) => [row.queue_name, row]))
    for (const queue of queues) {
      const row = byName.get(queue.name)
      if (row) this.#finish(queue, 'idle', row, queue.lastTickId)
      else this.#fail(queue, new PgqError('QUEUE_NOT_FOUND', 'the queue is gone'))
    }
  }

  /** @param before The newest tick that was known. */
  #finish(queue: QueueClock, step: Step, row: StepRow, before: string | null): void {
    queue.finishStep(step, row, performance.now())
    if (row.made_tick_id) this.#context.onTick()
    if (hasForeignTick(before, row)) this.#context.onForeignTick()
  }

  #fail(queue: QueueClock, error: unknown): void {
    queue.failStep(performance.now(), (failures) => backoffMs(failures, { firstMs: 200, maxMs: 30_000 }))
    const code = error instanceof PgqError ? error.code : undefined
    // Somebody dropped, paused or handed over the queue: not a fault.
    if (code === 'QUEUE_NOT_FOUND' || code === 'TICKER_PAUSED' || code === 'EXTERNAL_TICKER') {
      this.#context.onOutdated(queue)
    } else if (!this.#isOver) {
      this.#context.errors.failed(subjectOf(queue), error)
    }
  }
}

/** Ids come from a sequence: one that is left out was somebody else's, or ours and rolled back, which is rare. */
function hasForeignTick(before: string | null, { made_tick_id, tick_id }: StepRow): boolean {
  if (before === null || tick_id === null) return false
  if (made_tick_id === null) return tick_id !== before
  return BigInt(made_tick_id) > BigInt(before) + 1n
}

function subjectOf(queue: QueueClock): string {
  return `ticking queue ${queue.name}`
}
