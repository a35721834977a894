import { backoffMs } from '../async/backoff.ts'
import { wheel } from '../async/wheel.ts'
import { PgqError } from '../errors.ts'
import { call, isMisnumbered } from '../postgres/call.ts'
import type { ErrorLog } from '../postgres/error-log.ts'
import type { Pool } from '../postgres/pool.ts'
import type { Session } from '../postgres/session.ts'
import { notLeading } from '../postgres/sqlstate.ts'
import type { EarlyTicks } from './early-ticks.ts'
import type { Plan, PlanLimits, Step } from './plan.ts'
import type { QueueClock, StepRow } from './queue-clock.ts'

export interface StepOptions extends PlanLimits {
  /** Largest number of queues ticked at the same time, each on its own connection. */
  maxParallel: number
}

export interface StepContext {
  /** Id of the gateway that leads. */
  gatewayId: number
  /** Serves idle queues together, and one with new events at a time: a database with little traffic needs no connection more. */
  session: Session
  /** Serves all others. */
  pool: Pool
  early: EarlyTicks
  options: StepOptions
  errors: ErrorLog
  /** Called after each tick that was made. */
  onTick: (tick: { queue: string; tickId: string }) => void
  onForeignTick: () => void
  /** Called with the error when a queue is misnumbered, so that the database must be repaired. */
  onMisnumbered: (error: Error) => void
  /** Called when a step of this queue has ended, well or not. */
  onStepped: (queue: QueueClock) => void
  /** Called when the known state of a queue no longer holds. */
  onOutdated: (queue: QueueClock) => void
  /** Called when this gateway does not lead any more, since it was found dead. */
  onDeposed: (error: PgqError) => void
}

/** Largest number of patient queues ticked in one transaction. */
const MAX_TOGETHER = 50

const useTransactionId = { name: 'use_transaction_id', text: 'select txid_current()' }
const doStep = { name: 'ticker_step', text: 'select * from pgq_gateway.ticker_step($1, $2, $3)' }
const doEarlyStep = { name: 'early_step', text: 'select * from pgq_gateway.early_step($1, $2)' }
/**
 * Gives up soon where a lock is in the way, since signs of life wait for the session. The step depends on the limit, so that the
 * limit is set first.
 */
const doStepOnSession = {
  name: 'ticker_session_step',
  text: `
    select s.*
      from set_config('lock_timeout', $4, true) as lock (timeout)
     cross join lateral pgq_gateway.ticker_step(case when lock.timeout is not null then $1::text[] end, $2, $3) s`,
}
/** Longest wait for a lock on the session: idle queues are late anyway, but others with events wait behind one that has some. */
const lockTimeouts = { idle: '1s', events: '100ms' } as const

/** Ticks queues when they are due: patient ones together in one transaction, the others alone and at once. */
export class TickSteps {
  readonly #context: StepContext
  /** What cancels the timers. */
  readonly #timers = new Map<QueueClock, () => void>()
  readonly #ready = new Set<QueueClock>()
  readonly #running = new Set<Promise<void>>()
  /** Queues that wait to be ticked together. */
  readonly #patient = new Map<QueueClock, Plan>()
  /** Time at which the patience of the first of them ends. */
  #departure: { atMs: number; cancel: () => void } | undefined
  readonly #forgotten = new WeakSet<QueueClock>()
  /** Queues with events that could not be ticked on the session, until they have been ticked on a connection of the pool. */
  readonly #unfit = new WeakSet<QueueClock>()
  #isSessionTaken = false
  #isOver = false

  constructor(context: StepContext) {
    this.#context = context
  }

  /** Plans a queue's next step in place of the one planned before. A busy queue is planned when its step ends. */
  schedule(queue: QueueClock): void {
    if (this.#isOver || queue.isBusy || this.#forgotten.has(queue)) return
    this.#unschedule(queue)
    const plan = this.#plan(queue)
    if (!plan.step) return
    const delayMs = plan.atMs - performance.now()
    if (plan.patienceMs > 0) {
      this.#patient.set(queue, plan)
      this.#departBy(plan.atMs + plan.patienceMs)
    } else if (delayMs > 0) {
      this.#timers.set(
        queue,
        wheel.after(delayMs, () => this.schedule(queue)),
      )
    } else {
      this.#ready.add(queue)
      this.#runReady()
    }
  }

  /** Drops what is planned for a queue that no longer exists. */
  forget(queue: QueueClock): void {
    this.#forgotten.add(queue)
    this.#unschedule(queue)
    this.#context.errors.forget(subjectOf(queue))
  }

  /** Begins no further step, and resolves when the last one has ended. */
  async end(): Promise<void> {
    this.#isOver = true
    for (const cancel of this.#timers.values()) cancel()
    this.#departure?.cancel()
    this.#ready.clear()
    await Promise.all(this.#running)
  }

  #plan(queue: QueueClock): Plan {
    const { options, early } = this.#context
    return queue.plan(options, queue.isFast && early.allows(queue.name))
  }

  #unschedule(queue: QueueClock): void {
    this.#timers.get(queue)?.()
    this.#timers.delete(queue)
    this.#patient.delete(queue)
    this.#ready.delete(queue)
  }

  #departBy(latestMs: number): void {
    if (this.#departure && this.#departure.atMs <= latestMs) return
    this.#departure?.cancel()
    const delayMs = Math.max(latestMs - performance.now(), 0)
    this.#departure = { atMs: latestMs, cancel: wheel.after(delayMs, () => this.#run(this.#depart())) }
  }

  #run(step: Promise<void>): void {
    const running = step.then(() => {
      this.#running.delete(running)
    })
    this.#running.add(running)
  }

  /** Ticks the patient queues that are due by now. */
  async #depart(): Promise<void> {
    this.#departure = undefined
    for (const step of ['events', 'idle'] as const) {
      for (let due = this.#takeDue(step); due.length > 0; due = this.#takeDue(step)) {
        for (const queue of due) queue.startStep()
        await this.#stepTogether(due, step)
        if (this.#isOver) return
        for (const queue of due) this.schedule(queue)
      }
    }
    const latestMs = Math.min(...[...this.#patient.values()].map((plan) => plan.atMs + plan.patienceMs))
    if (Number.isFinite(latestMs)) this.#departBy(latestMs)
  }

  #takeDue(step: Step): QueueClock[] {
    const due: QueueClock[] = []
    const nowMs = performance.now()
    for (const [queue, plan] of this.#patient) {
      if (due.length === MAX_TOGETHER) break
      if (plan.step !== step || plan.atMs > nowMs) continue
      this.#patient.delete(queue)
      due.push(queue)
    }
    return due
  }

  #runReady(): void {
    for (const queue of this.#ready) {
      if (this.#isOver || this.#running.size >= this.#context.options.maxParallel) return
      this.#ready.delete(queue)
      const { step, atMs } = this.#plan(queue)
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

  /** Ticks one queue. Never throws, so a queue that cannot be ticked does not stop the others. */
  async #step(queue: QueueClock, step: Step): Promise<void> {
    try {
      const row = (await this.#stepOnSession(queue, step)) ?? (await this.#stepInPool(queue, step))
      if (!row) throw new PgqError('QUEUE_NOT_FOUND', 'the queue is gone')
      this.#finish(queue, step, row)
      this.#context.errors.worked(subjectOf(queue))
    } catch (error) {
      this.#fail(queue, error)
    }
    this.#context.onStepped(queue)
  }

  /** Ticks a queue that is known to have events, which is quick. @returns Nothing where that has not worked, or must not be tried. */
  async #stepOnSession(queue: QueueClock, step: Step): Promise<StepRow | undefined> {
    if (step !== 'events' || queue.newEvents <= 0 || this.#unfit.has(queue) || this.#isSessionTaken)
      return undefined
    this.#isSessionTaken = true
    try {
      const [row] = await this.#callOnSession([queue], step)
      return row
    } catch {
      this.#unfit.add(queue)
      return undefined
    } finally {
      this.#isSessionTaken = false
    }
  }

  async #stepInPool(queue: QueueClock, step: Step): Promise<StepRow | undefined> {
    const [row] = await this.#call([queue], step).catch((error: unknown) => {
      // Upstream has no code for a queue that was dropped in the middle of the step; asked again, it is not found.
      if (error instanceof PgqError) throw error
      return this.#call([queue], step)
    })
    this.#unfit.delete(queue)
    return row
  }

  /** Ticks queues in one transaction, or one by one when that fails. */
  async #stepTogether(queues: readonly QueueClock[], step: Step): Promise<void> {
    let rows: StepRow[]
    try {
      rows = await (step === 'idle' ? this.#callOnSession(queues, step) : this.#call(queues, step))
    } catch {
      for (const queue of queues) if (!this.#isOver) await this.#step(queue, step)
      return
    }
    const byName = new Map(rows.map((row) => [row.queue_name, row]))
    for (const queue of queues) {
      const row = byName.get(queue.name)
      if (row) this.#finish(queue, step, row)
      else this.#fail(queue, new PgqError('QUEUE_NOT_FOUND', 'the queue is gone'))
      this.#context.onStepped(queue)
    }
  }

  async #call(queues: readonly QueueClock[], step: Step): Promise<StepRow[]> {
    const { pool, gatewayId } = this.#context
    if (step === 'early') return await call<StepRow>(pool, doEarlyStep, [queues[0]?.name, gatewayId])
    const isForEvents = step === 'events'
    if (isForEvents && queues.some((queue) => queue.needsFreshSnapshot))
      await call(pool, useTransactionId, [])
    return await call<StepRow>(pool, doStep, [queues.map((queue) => queue.name), isForEvents, gatewayId])
  }

  async #callOnSession(queues: readonly QueueClock[], step: keyof typeof lockTimeouts): Promise<StepRow[]> {
    const { session, gatewayId } = this.#context
    const names = queues.map((queue) => queue.name)
    const values = [names, step === 'events', gatewayId, lockTimeouts[step]]
    const { rows } = await session.query<StepRow>(doStepOnSession.text, values, doStepOnSession.name)
    return rows
  }

  #finish(queue: QueueClock, step: Step, row: StepRow): void {
    const before = queue.lastTickId
    queue.finishStep(step, row, performance.now())
    if (row.made_tick_id) {
      this.#context.onTick({ queue: queue.name, tickId: row.made_tick_id })
      if (step === 'early') this.#context.early.spend()
    }
    if (hasForeignTick(before, row)) this.#context.onForeignTick()
  }

  #fail(queue: QueueClock, error: unknown): void {
    queue.failStep(performance.now(), (failures) => backoffMs(failures, { firstMs: 200, maxMs: 30_000 }))
    const code = error instanceof PgqError ? error.code : undefined
    // The queue was dropped, paused or made external: not a fault.
    if (code === 'QUEUE_NOT_FOUND' || code === 'TICKER_PAUSED' || code === 'EXTERNAL_TICKER') {
      this.#context.onOutdated(queue)
    } else if (isMisnumbered(error)) {
      this.#context.onMisnumbered(error)
    } else if (error instanceof PgqError && error.sqlstate === notLeading) {
      this.#context.onDeposed(error)
    } else if (!this.#isOver) {
      this.#context.errors.failed(subjectOf(queue), error)
    }
  }
}

/**
 * Tells from a gap in the tick ids, which come from a sequence, that another ticker made a tick. A rare false alarm
 * comes from our own tick, rolled back.
 *
 * @param before The newest tick known before the step.
 */
function hasForeignTick(before: string | null, { made_tick_id, tick_id }: StepRow): boolean {
  if (before === null || tick_id === null) return false
  if (made_tick_id === null) return tick_id !== before
  return BigInt(made_tick_id) > BigInt(before) + 1n
}

/** Names the ticks of a queue in the error log. */
export function subjectOf(queue: { readonly name: string }): string {
  return `ticking queue ${queue.name}`
}
