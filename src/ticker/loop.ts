import pg from 'pg'
import type { Logger } from 'pino'
import { backoffMs, sleep } from '../database/backoff.ts'
import { call } from '../database/call.ts'
import type { Session } from '../database/session.ts'
import { PgqError } from '../errors.ts'
import { type Activity, ActivityProbe } from './activity-probe.ts'
import type { ErrorLog } from './error-log.ts'
import { ForeignTicks } from './foreign-ticks.ts'
import type { Step } from './plan.ts'
import { QueueClock, type QueueRow, type StepRow } from './queue-clock.ts'
import { parseSnapshot } from './snapshot.ts'

export interface TickLoopOptions {
  /** Between checks for events that nobody announced. Milliseconds. */
  checkMs: number
  /** Between readings of all queues' settings and ticks, for what others change. Milliseconds. */
  refreshMs: number
  /** They may take this share of the time; with many queues they are further apart. */
  refreshShare: number
  /** See `PlanLimits`. Milliseconds. */
  idleFloorMs: number
  /** See `PlanLimits`. Milliseconds. */
  lookFloorMs: number
  /** Queues that are ticked at the same time, each on a connection of its own. */
  maxParallel: number
}

export interface TickLoopContext {
  /** Holds the leader's lock. */
  session: Session
  /** For the steps. */
  pool: pg.Pool
  options: TickLoopOptions
  logger: Logger
  errors: ErrorLog
  onTick: () => void
}

/** In a row, that are put up with. */
const maxFailedChecks = 3

/** A queue that is to be ticked within less than this is read before the others. */
const FAST_LAG_MS = 1_000

/** Where no check can find anything for a while: something that makes the next one urgent may happen meanwhile. */
const MAX_NAP_MS = 250

/** Idle queues are ticked together, at most this much later than each by itself. */
const MAX_GATHER_MS = 1_000
/** Of them, in one transaction. */
const GATHERED_QUEUES = 50

const readState = 'select * from pgq_gateway.ticker_state($1)'
const useTransactionId = { name: 'use_transaction_id', text: 'select txid_current()' }
const doStep = { name: 'ticker_step', text: 'select * from pgq_gateway.ticker_step($1, $2)' }

/** Ticks all queues of a database for as long as its leader leads. */
export class TickLoop {
  readonly #context: TickLoopContext
  readonly #queues = new Map<string, QueueClock>()
  readonly #timers = new Map<QueueClock, NodeJS.Timeout>()
  readonly #ready = new Set<QueueClock>()
  readonly #running = new Set<Promise<void>>()
  /** Idle, until others are due as well. */
  readonly #gathered = new Map<QueueClock, number>()
  #gathering: NodeJS.Timeout | undefined
  readonly #probe: ActivityProbe
  readonly #foreign = new ForeignTicks()
  #snapshot: string | null = null
  #refreshedSnapshot: string | null = null
  #refreshAtMs = 0
  readonly #steppedDuringRefresh = new Set<QueueClock>()
  #failedChecks = 0
  #isOver = false

  constructor(context: TickLoopContext) {
    this.#context = context
    this.#probe = new ActivityProbe(context.session)
  }

  get hasForeignTicker(): boolean {
    return this.#foreign.isPresent(performance.now())
  }

  /** Runs until the signal. @throws when the session fails, and then no step is under way any more either. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const startedMs = performance.now()
        await this.#tryCheck()
        const nextMs = Math.max(
          startedMs + this.#context.options.checkMs,
          Math.min(this.#probe.dueAtMs, startedMs + MAX_NAP_MS),
        )
        await sleep(Math.max(nextMs - performance.now(), 1), signal)
      }
    } finally {
      this.#isOver = true
      for (const timer of this.#timers.values()) clearTimeout(timer)
      clearTimeout(this.#gathering)
      this.#ready.clear()
      await Promise.all(this.#running)
    }
  }

  /** Events were committed to this queue; null: to any. */
  published(queue: string | null): void {
    const known = queue === null ? undefined : this.#queues.get(queue)
    if (known) {
      known.published()
      this.#schedule(known)
    } else {
      // Found by the next check, with the queue where that is new.
      this.#refreshAtMs = 0
    }
  }

  /** A check may meet a queue that is being dropped; one that fails again and again is a reason to step down. */
  async #tryCheck(): Promise<void> {
    try {
      await this.#check()
      this.#failedChecks = 0
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || ++this.#failedChecks > maxFailedChecks) throw error
    }
  }

  async #check(): Promise<void> {
    const queues = [...this.#queues.values()]
    const fast = queues.filter((queue) => queue.maxLagMs < FAST_LAG_MS && queue.isTicked)
    const needsSnapshot = queues.some((queue) => queue.awaitsTransactions)
    const activity = await this.#probe.look(
      fast.map((queue) => queue.queueId),
      needsSnapshot,
    )
    let areQueuesKnown = true
    if (activity) {
      this.#snapshot = activity.snapshot
      areQueuesKnown = this.#readSequences(activity)
      this.#endTransactions(activity.snapshot)
    }
    const isRefreshDue = performance.now() >= this.#refreshAtMs && this.#snapshot !== this.#refreshedSnapshot
    if (isRefreshDue || !areQueuesKnown) await this.#refresh()
  }

  /** @returns False when there are queues that were not known, or are gone. */
  #readSequences({ moved, queueCount }: Activity): boolean {
    const byId = new Map<number, QueueClock>()
    if (moved.length > 0) for (const queue of this.#queues.values()) byId.set(queue.queueId, queue)
    for (const { queueId, eventSeq } of moved) {
      const queue = byId.get(queueId)
      if (queue?.setEventSeq(eventSeq) && !queue.isBusy) this.#schedule(queue)
    }
    return (
      (queueCount === null || queueCount === this.#queues.size) &&
      moved.every(({ queueId }) => byId.has(queueId))
    )
  }

  #endTransactions(text: string): void {
    const snapshot = parseSnapshot(text)
    for (const queue of this.#queues.values()) {
      if (queue.seeSnapshot(snapshot) && !queue.isBusy) this.#schedule(queue)
    }
  }

  /** Reads all queues: their settings may have changed, and others may have ticked them. */
  async #refresh(): Promise<void> {
    const snapshot = this.#snapshot
    const startedMs = performance.now()
    this.#steppedDuringRefresh.clear()
    const { rows } = await this.#context.session.query<QueueRow>(readState, [null], 'ticker_state')
    const nowMs = performance.now()
    for (const row of rows) {
      const queue = this.#queues.get(row.queue_name)
      if (queue?.queueId === row.queue_id) {
        // Its own row is younger, or will be.
        if (queue.isBusy || this.#steppedDuringRefresh.has(queue)) continue
        if (queue.apply(row, nowMs)) this.#seeForeignTick(nowMs)
        this.#schedule(queue)
      } else {
        if (queue) this.#drop(queue)
        const added = new QueueClock(row, nowMs)
        this.#queues.set(row.queue_name, added)
        this.#schedule(added)
      }
    }
    const names = new Set(rows.map((row) => row.queue_name))
    for (const queue of this.#queues.values()) if (!names.has(queue.name)) this.#drop(queue)
    const { refreshMs, refreshShare } = this.#context.options
    this.#refreshAtMs = nowMs + Math.max(refreshMs, (performance.now() - startedMs) / refreshShare)
    this.#refreshedSnapshot = snapshot
  }

  #drop(queue: QueueClock): void {
    this.#queues.delete(queue.name)
    clearTimeout(this.#timers.get(queue))
    this.#timers.delete(queue)
    this.#gathered.delete(queue)
    this.#ready.delete(queue)
    this.#context.errors.forget(subjectOf(queue))
  }

  #seeForeignTick(nowMs: number): void {
    if (this.#foreign.see(nowMs)) {
      this.#context.logger.info('another ticker, such as pgqd, ticks this database too; that is harmless')
    }
  }

  /** Sets the queue's timer, or runs its step. */
  #schedule(queue: QueueClock): void {
    if (this.#isOver || queue.isBusy || this.#queues.get(queue.name) !== queue) return
    clearTimeout(this.#timers.get(queue))
    this.#timers.delete(queue)
    this.#gathered.delete(queue)
    this.#ready.delete(queue)
    const { step, atMs } = queue.plan(this.#context.options)
    if (!step) return
    const delayMs = atMs - performance.now()
    if (step === 'idle' && queue.lastTickAtMs !== null && !queue.hasFailed) {
      this.#gather(queue, atMs)
    } else if (delayMs > 0) {
      // Node's timers hold 2^31 - 1 ms at most; then it is planned anew.
      const timer = setTimeout(() => this.#schedule(queue), Math.min(delayMs, 2 ** 31 - 1))
      this.#timers.set(queue, timer)
    } else {
      this.#ready.add(queue)
      this.#runReady()
    }
  }

  #gather(queue: QueueClock, atMs: number): void {
    this.#gathered.set(queue, atMs)
    const gatherMs = Math.min(MAX_GATHER_MS, this.#context.options.idleFloorMs)
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined
      void this.#tickGathered()
    }, gatherMs)
  }

  /** Ticks the idle queues that are due, and looks again for the others. */
  async #tickGathered(): Promise<void> {
    const nowMs = performance.now()
    const due = [...this.#gathered].flatMap(([queue, atMs]) => (atMs <= nowMs ? [queue] : []))
    for (const queue of due) {
      this.#gathered.delete(queue)
      queue.startStep()
    }
    for (let from = 0; from < due.length; from += GATHERED_QUEUES) {
      const queues = due.slice(from, from + GATHERED_QUEUES)
      const run = this.#stepTogether(queues).then(() => {
        this.#running.delete(run)
      })
      this.#running.add(run)
      await run
      for (const queue of queues) this.#schedule(queue)
    }
    for (const [queue, atMs] of this.#gathered) this.#gather(queue, atMs)
  }

  #runReady(): void {
    for (const queue of this.#ready) {
      if (this.#isOver || this.#running.size >= this.#context.options.maxParallel) return
      this.#ready.delete(queue)
      const { step, atMs } = queue.plan(this.#context.options)
      if (!step || atMs > performance.now()) {
        this.#schedule(queue)
        continue
      }
      queue.startStep()
      const run = this.#step(queue, step).then(() => {
        this.#running.delete(run)
        this.#schedule(queue)
        this.#runReady()
      })
      this.#running.add(run)
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
      this.#failed(queue, error)
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
      else this.#failed(queue, new PgqError('QUEUE_NOT_FOUND', 'the queue is gone'))
    }
  }

  /** @param before The newest tick that was known. */
  #finish(queue: QueueClock, step: Step, row: StepRow, before: string | null): void {
    const nowMs = performance.now()
    queue.finishStep(step, row, nowMs)
    this.#steppedDuringRefresh.add(queue)
    if (row.made_tick_id) this.#context.onTick()
    if (hasForeignTick(before, row)) this.#seeForeignTick(nowMs)
  }

  #failed(queue: QueueClock, error: unknown): void {
    queue.failStep(performance.now(), (failures) => backoffMs(failures, { firstMs: 200, maxMs: 30_000 }))
    const code = error instanceof PgqError ? error.code : undefined
    // Somebody dropped, paused or handed over the queue: not a fault, and the next refresh knows.
    if (code === 'QUEUE_NOT_FOUND' || code === 'TICKER_PAUSED' || code === 'EXTERNAL_TICKER') {
      this.#refreshAtMs = 0
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
