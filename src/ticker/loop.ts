import pg from 'pg'
import type { Logger } from 'pino'
import type { Session } from '../database/session.ts'
import { Bell } from '../pubsub/bell.ts'
import { type Activity, ActivityProbe } from './activity-probe.ts'
import type { ErrorLog } from './error-log.ts'
import { ForeignTicks } from './foreign-ticks.ts'
import { QueueClock, type QueueRow } from './queue-clock.ts'
import { parseSnapshot } from './snapshot.ts'
import { type StepOptions, TickSteps } from './steps.ts'

export interface TickLoopOptions extends StepOptions {
  /** Between checks for events that nobody announced. Milliseconds. */
  checkMs: number
  /** Between readings of all queues' settings and ticks, for what others change. Milliseconds. */
  refreshMs: number
  /** They may take this share of the time; with many queues they are further apart. */
  refreshShare: number
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

const readState = 'select * from pgq_gateway.ticker_state($1)'

/** Ticks all queues of a database for as long as its leader leads. */
export class TickLoop {
  readonly #context: TickLoopContext
  readonly #queues = new Map<string, QueueClock>()
  readonly #steps: TickSteps
  readonly #probe: ActivityProbe
  readonly #foreign = new ForeignTicks()
  #snapshot: string | null = null
  #refreshedSnapshot: string | null = null
  #refreshAtMs = 0
  #failedChecks = 0
  /** Rung when there is a reason to check at once. */
  readonly #bell = new Bell()

  constructor(context: TickLoopContext) {
    this.#context = context
    this.#probe = new ActivityProbe(context.session)
    this.#steps = new TickSteps({
      ...context,
      onForeignTick: () => this.#seeForeignTick(),
      onOutdated: () => {
        this.#refreshAtMs = 0
      },
    })
  }

  get hasForeignTicker(): boolean {
    return this.#foreign.isPresent(performance.now())
  }

  /** Runs until the signal. @throws when the session fails, and then no step is under way any more either. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => this.#bell.ring()
    signal.addEventListener('abort', stop)
    try {
      while (!signal.aborted) {
        const startedMs = performance.now()
        await this.#tryCheck()
        const nextMs = Math.max(
          startedMs + this.#context.options.checkMs,
          Math.min(this.#probe.dueAtMs, startedMs + MAX_NAP_MS),
        )
        if (!signal.aborted) await this.#bell.wait(Math.max(nextMs - performance.now(), 1))
      }
    } finally {
      signal.removeEventListener('abort', stop)
      await this.#steps.end()
    }
  }

  /** Events were committed to this queue; null: to any. */
  published(queue: string | null): void {
    const known = queue === null ? undefined : this.#queues.get(queue)
    if (known) {
      known.published()
      this.#steps.schedule(known)
    } else {
      // Found by a check, with the queue where that is new.
      this.#refreshAtMs = 0
      this.#probe.hurry()
      this.#bell.ring()
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
      if (queue?.setEventSeq(eventSeq)) this.#steps.schedule(queue)
    }
    return (
      (queueCount === null || queueCount === this.#queues.size) &&
      moved.every(({ queueId }) => byId.has(queueId))
    )
  }

  #endTransactions(text: string): void {
    const snapshot = parseSnapshot(text)
    for (const queue of this.#queues.values()) {
      if (queue.seeSnapshot(snapshot)) this.#steps.schedule(queue)
    }
  }

  /** Reads all queues: their settings may have changed, and others may have ticked them. */
  async #refresh(): Promise<void> {
    const snapshot = this.#snapshot
    const startedMs = performance.now()
    const { rows } = await this.#context.session.query<QueueRow>(readState, [null], 'ticker_state')
    const nowMs = performance.now()
    for (const row of rows) {
      const queue = this.#queues.get(row.queue_name)
      if (queue?.queueId === row.queue_id) {
        // Its own row is younger, or will be.
        if (queue.isBusy || queue.steppedAtMs >= startedMs) continue
        if (queue.apply(row, nowMs)) this.#seeForeignTick()
        this.#steps.schedule(queue)
      } else {
        if (queue) this.#drop(queue)
        const added = new QueueClock(row, nowMs)
        this.#queues.set(row.queue_name, added)
        this.#steps.schedule(added)
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
    this.#steps.forget(queue)
  }

  #seeForeignTick(): void {
    if (this.#foreign.see(performance.now())) {
      this.#context.logger.info('another ticker, such as pgqd, ticks this database too; that is harmless')
    }
  }
}
