import pg from 'pg'
import type { Logger } from 'pino'
import { Bell } from '../async/bell.ts'
import type { ErrorLog } from '../postgres/error-log.ts'
import type { Life } from '../postgres/life.ts'
import type { Pool } from '../postgres/pool.ts'
import { type Activity, ActivityProbe } from './activity-probe.ts'
import type { EarlyTicks } from './early-ticks.ts'
import { ForeignTicks } from './foreign-ticks.ts'
import { QueueClock, type QueueRow } from './queue-clock.ts'
import { RetryQueue } from './retry-queue.ts'
import { sharedLooks } from './shared-looks.ts'
import { parseSnapshot } from './snapshot.ts'
import { type StepContext, type StepOptions, TickSteps } from './steps.ts'

export interface TickLoopOptions extends StepOptions {
  /** Time between checks for events and settings that nobody announced, but where all is quiet. Milliseconds. */
  checkMs: number
  /** Longest delay of an event that is due in the retry queue. Milliseconds. */
  retryMs: number
}

export interface TickLoopContext {
  /** Id of the gateway that leads. */
  gatewayId: number
  /** The lead ends with the session of this life. */
  life: Life
  /** Serves the steps, but for those of idle queues, and the retry queue. */
  pool: Pool
  early: EarlyTicks
  options: TickLoopOptions
  logger: Logger
  errors: ErrorLog
  onTick: StepContext['onTick']
}

/** Tolerates consecutive failed checks for this long; each may have met a queue that is being dropped. */
const MAX_FAILING_MS = 5_000

/** Time after traffic, or after somebody was known to wait for ticks, until all counts as quiet (milliseconds). */
const AWAKE_MS = 10_000

/** Time between checks where all is quiet, and between signs of life (milliseconds). With what a long wait may be late it is a second, as in pgqd. */
const QUIET_CHECK_MS = 950

const readState = 'select * from pgq_gateway.ticker_state($1)'

/** Ticks all queues of a database for as long as this gateway is the leader. */
export class TickLoop {
  readonly #context: TickLoopContext
  readonly #queues = new Map<string, QueueClock>()
  readonly #steps: TickSteps
  readonly #probe: ActivityProbe
  readonly #foreign = new ForeignTicks()
  readonly #retries: RetryQueue
  /** Names of queues that changed since they were read. */
  readonly #outdated = new Set<string>()
  /** Queues exist that were never read, or known ones are gone. */
  #isIncomplete = true
  /** Time since which every check has failed; null after one that worked. */
  #failingSinceMs: number | null = null
  /** A queue wants the next check as early as allowed. */
  #isUrgent = false
  /** Time from which on all counts as quiet. */
  #quietAtMs = performance.now() + AWAKE_MS
  /** Ends the loop when a queue is misnumbered. */
  #failure: Error | undefined
  /** Rings when there is a reason to check at once. */
  readonly #bell = new Bell()

  constructor(context: TickLoopContext) {
    this.#context = context
    const { life } = context
    this.#retries = new RetryQueue({ ...context, onRetried: () => this.published(null) })
    this.#probe = new ActivityProbe({
      life,
      signMs: this.#quietCheckMs,
      onNextRetry: (dueInMs) => this.#retries.expect(dueInMs),
    })
    this.#steps = new TickSteps({
      ...context,
      session: life.session,
      onForeignTick: () => this.#seeForeignTick(),
      onMisnumbered: (error) => {
        this.#failure = error
        this.#bell.ring()
      },
      onStepped: (queue) => {
        if (this.#isAwake && !this.#isUrgent && isUrgent(queue)) this.#bell.ring()
      },
      onOutdated: (queue) => {
        this.#outdated.add(queue.name)
        this.#bell.ring()
      },
      onDeposed: (error) => life.session.lose(error),
    })
  }

  get hasForeignTicker(): boolean {
    return this.#foreign.isPresent(performance.now())
  }

  /**
   * Runs until the signal.
   *
   * @throws when the session fails or a queue is misnumbered (PQ018), after the last step has ended.
   */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => this.#bell.ring()
    signal.addEventListener('abort', stop)
    try {
      while (!signal.aborted) {
        if (this.#failure) throw this.#failure
        const startedMs = performance.now()
        await this.#tryCheck()
        this.#retries.moveDue()
        this.#isUrgent = this.#isAwake && [...this.#queues.values()].some(isUrgent)
        const nextMs = Math.min(this.#nextCheckMs(startedMs), this.#retries.dueAtMs)
        if (!signal.aborted) await this.#bell.wait(Math.max(nextMs - performance.now(), 1))
      }
    } finally {
      signal.removeEventListener('abort', stop)
      sharedLooks.spacingMs(this, false)
      await Promise.all([this.#steps.end(), this.#retries.end()])
    }
  }

  /** Notes that somebody waits for ticks. @param queues Queues whose ticks are waited for at another gateway. */
  watched(queues: readonly string[]): void {
    this.#stayAwake()
    for (const queue of queues) if (this.#queues.has(queue)) this.#context.early.awaited(queue)
  }

  /** Checks soon and often for some time. */
  #stayAwake(): void {
    const wasAwake = this.#isAwake
    this.#quietAtMs = performance.now() + AWAKE_MS
    if (!wasAwake) this.#bell.ring()
  }

  get #isAwake(): boolean {
    return performance.now() < this.#quietAtMs
  }

  get #quietCheckMs(): number {
    return Math.min(QUIET_CHECK_MS, this.#context.options.retryMs)
  }

  /** @param startedMs Time at which the latest check began. */
  #nextCheckMs(startedMs: number): number {
    const { checkMs } = this.#context.options
    const spacingMs = sharedLooks.spacingMs(this, this.#isAwake)
    const quietMs = startedMs + Math.max(checkMs, this.#quietCheckMs)
    if (!this.#isAwake) return quietMs
    const nextMs = startedMs + Math.max(checkMs, spacingMs)
    return this.#isUrgent ? nextMs : Math.min(Math.max(nextMs, this.#probe.dueAtMs), quietMs)
  }

  /** Reports events committed to this queue; null stands for any queue. */
  published(queue: string | null): void {
    this.#stayAwake()
    const known = queue === null ? undefined : this.#queues.get(queue)
    if (known) {
      known.published()
      this.#steps.schedule(known)
    } else {
      // Found by a check, with the queue where that is new.
      this.#probe.hurry()
      this.#bell.ring()
    }
  }

  /** @throws when the connection fails, or the server has refused every check for a while. */
  async #tryCheck(): Promise<void> {
    const nowMs = performance.now()
    try {
      await this.#check()
      this.#failingSinceMs = null
    } catch (error) {
      this.#failingSinceMs ??= nowMs
      if (!(error instanceof pg.DatabaseError) || nowMs - this.#failingSinceMs > MAX_FAILING_MS) throw error
    }
  }

  async #check(): Promise<void> {
    const queues = [...this.#queues.values()]
    const activity = await this.#probe.look(
      queues.filter((queue) => queue.isFast).map((queue) => queue.queueId),
      queues.some((queue) => queue.awaitsTransactions),
    )
    if (activity) {
      this.#readChanges(activity)
      this.#endTransactions(activity.snapshot)
    }
    if (this.#isIncomplete) await this.#refreshAll()
    else if (this.#outdated.size > 0) await this.#refresh([...this.#outdated])
  }

  #readChanges({ changed, queueCount }: Activity): void {
    const byId = new Map<number, QueueClock>()
    if (changed.length > 0) for (const queue of this.#queues.values()) byId.set(queue.queueId, queue)
    for (const { queueId, eventSeq, rowVersion, tickSeq } of changed) {
      const queue = byId.get(queueId)
      if (!queue) {
        this.#isIncomplete = true
        continue
      }
      if (queue.setEventSeq(eventSeq)) {
        this.#stayAwake()
        this.#steps.schedule(queue)
      }
      if (queue.rowVersion !== rowVersion || queue.lacksTick(tickSeq)) this.#outdated.add(queue.name)
    }
    if (queueCount !== null && queueCount !== this.#queues.size) this.#isIncomplete = true
  }

  #endTransactions(text: string): void {
    const snapshot = parseSnapshot(text)
    for (const queue of this.#queues.values()) {
      if (queue.seeSnapshot(snapshot)) this.#steps.schedule(queue)
    }
  }

  /** Reads all queues, to find new ones. */
  async #refreshAll(): Promise<void> {
    await this.#refresh(null)
    this.#isIncomplete = false
  }

  /** @param names Null for all queues. */
  async #refresh(names: readonly string[] | null): Promise<void> {
    const startedMs = performance.now()
    const { rows } = await this.#context.life.session.query<QueueRow>(readState, [names], 'ticker_state')
    const nowMs = performance.now()
    for (const row of rows) this.#take(row, startedMs, nowMs)
    const found = new Set(rows.map((row) => row.queue_name))
    for (const name of names ?? this.#queues.keys()) if (!found.has(name)) this.#drop(name)
  }

  #take(row: QueueRow, startedMs: number, nowMs: number): void {
    const known = this.#queues.get(row.queue_name)
    if (known?.queueId === row.queue_id) {
      // Its step returns a younger row. The queue stays outdated if a change was seen after that row was read.
      if (known.isBusy || known.steppedAtMs >= startedMs) return
      this.#outdated.delete(known.name)
      if (known.apply(row, nowMs)) this.#seeForeignTick()
      this.#steps.schedule(known)
    } else {
      if (known) this.#drop(known.name)
      const added = new QueueClock(row, nowMs)
      this.#queues.set(added.name, added)
      this.#steps.schedule(added)
    }
  }

  #drop(name: string): void {
    const queue = this.#queues.get(name)
    this.#queues.delete(name)
    this.#outdated.delete(name)
    if (queue) this.#steps.forget(queue)
    this.#context.early.forget(name)
  }

  #seeForeignTick(): void {
    if (this.#foreign.see(performance.now())) {
      this.#context.logger.info('another ticker, such as pgqd, ticks this database too; that is harmless')
    }
  }
}

function isUrgent(queue: QueueClock): boolean {
  return queue.isFast || queue.awaitsTransactions
}
