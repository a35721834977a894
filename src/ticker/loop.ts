import pg from 'pg'
import type { Logger } from 'pino'
import { Bell } from '../async/bell.ts'
import type { ErrorLog } from '../postgres/error-log.ts'
import type { Pool } from '../postgres/pool.ts'
import type { Session } from '../postgres/session.ts'
import { type Activity, ActivityProbe } from './activity-probe.ts'
import { ForeignTicks } from './foreign-ticks.ts'
import { Pace } from './pace.ts'
import { QueueClock, type QueueRow } from './queue-clock.ts'
import { parseSnapshot } from './snapshot.ts'
import { type StepOptions, TickSteps } from './steps.ts'

export interface TickLoopOptions extends StepOptions {
  /** Time between checks for events and settings that nobody announced. Milliseconds. */
  checkMs: number
  /** Time between readings of all ticks, to find those of other tickers. Milliseconds; more with very many queues. */
  refreshMs: number
}

export interface TickLoopContext {
  /** Id of the gateway that leads. */
  gatewayId: number
  /** The lead ends with this session. */
  session: Session
  /** Serves the steps. */
  pool: Pool
  options: TickLoopOptions
  logger: Logger
  errors: ErrorLog
  onTick: () => void
}

/** Tolerates consecutive failed checks for this long; each may have met a queue that is being dropped. */
const MAX_FAILING_MS = 5_000

/** Share of the server's time for readings of all ticks. */
const REFRESH_SHARE = 0.0005

/** Longest time between those readings, however many queues there are. */
const MAX_REFRESH_MS = 30_000

const readState = 'select * from pgq_gateway.ticker_state($1)'

/** Ticks all queues of a database for as long as this gateway is the leader. */
export class TickLoop {
  readonly #context: TickLoopContext
  readonly #queues = new Map<string, QueueClock>()
  readonly #steps: TickSteps
  readonly #probe: ActivityProbe
  readonly #foreign = new ForeignTicks()
  #snapshot: string | null = null
  #refreshedSnapshot: string | null = null
  readonly #refreshPace: Pace
  /** Names of queues that changed since they were read. */
  readonly #outdated = new Set<string>()
  /** Queues exist that were never read, or known ones are gone. */
  #isIncomplete = true
  /** Time since which every check has failed; null after one that worked. */
  #failingSinceMs: number | null = null
  /** A queue wants the next check as early as allowed. */
  #isUrgent = false
  /** Ends the loop when a queue is misnumbered. */
  #failure: Error | undefined
  /** Rings when there is a reason to check at once. */
  readonly #bell = new Bell()

  constructor(context: TickLoopContext) {
    this.#context = context
    this.#probe = new ActivityProbe(context.session)
    const minPauseMs = context.options.refreshMs
    this.#refreshPace = new Pace({
      share: REFRESH_SHARE,
      minPauseMs,
      maxPauseMs: Math.max(minPauseMs, MAX_REFRESH_MS),
    })
    this.#steps = new TickSteps({
      ...context,
      onForeignTick: () => this.#seeForeignTick(),
      onMisnumbered: (error) => {
        this.#failure = error
        this.#bell.ring()
      },
      onStepped: (queue) => {
        if (!this.#isUrgent && isUrgent(queue)) this.#bell.ring()
      },
      onOutdated: (queue) => {
        this.#outdated.add(queue.name)
        this.#bell.ring()
      },
      onDeposed: (error) => context.session.lose(error),
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
        this.#isUrgent = [...this.#queues.values()].some(isUrgent)
        const checkMs = startedMs + this.#context.options.checkMs
        const nextMs = this.#isUrgent ? checkMs : Math.max(checkMs, this.#probe.dueAtMs)
        if (!signal.aborted) await this.#bell.wait(Math.max(nextMs - performance.now(), 1))
      }
    } finally {
      signal.removeEventListener('abort', stop)
      await this.#steps.end()
    }
  }

  /** Reports events committed to this queue; null stands for any queue. */
  published(queue: string | null): void {
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
      this.#snapshot = activity.snapshot
      this.#readChanges(activity)
      this.#endTransactions(activity.snapshot)
    }
    const isRefreshDue =
      performance.now() >= this.#refreshPace.dueAtMs && this.#snapshot !== this.#refreshedSnapshot
    if (isRefreshDue || this.#isIncomplete) await this.#refreshAll()
    else if (this.#outdated.size > 0) await this.#refresh([...this.#outdated])
  }

  #readChanges({ changed, queueCount }: Activity): void {
    const byId = new Map<number, QueueClock>()
    if (changed.length > 0) for (const queue of this.#queues.values()) byId.set(queue.queueId, queue)
    for (const { queueId, eventSeq, rowVersion } of changed) {
      const queue = byId.get(queueId)
      if (!queue) {
        this.#isIncomplete = true
        continue
      }
      if (queue.setEventSeq(eventSeq)) this.#steps.schedule(queue)
      if (queue.rowVersion !== rowVersion) this.#outdated.add(queue.name)
    }
    if (queueCount !== null && queueCount !== this.#queues.size) this.#isIncomplete = true
  }

  #endTransactions(text: string): void {
    const snapshot = parseSnapshot(text)
    for (const queue of this.#queues.values()) {
      if (queue.seeSnapshot(snapshot)) this.#steps.schedule(queue)
    }
  }

  /** Reads all queues, to find new ones and ticks of other tickers. */
  async #refreshAll(): Promise<void> {
    const snapshot = this.#snapshot
    const startedMs = performance.now()
    await this.#refresh(null)
    const nowMs = performance.now()
    this.#refreshPace.read(nowMs - startedMs, nowMs)
    this.#refreshedSnapshot = snapshot
    this.#isIncomplete = false
  }

  /** @param names Null for all queues. */
  async #refresh(names: readonly string[] | null): Promise<void> {
    const startedMs = performance.now()
    const { rows } = await this.#context.session.query<QueueRow>(readState, [names], 'ticker_state')
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
