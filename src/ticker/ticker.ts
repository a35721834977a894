import type { Logger } from 'pino'
import { backoffMs, sleep } from '../async/backoff.ts'
import { isMisnumbered } from '../postgres/call.ts'
import type { Database } from '../postgres/database.ts'
import { ErrorLog } from '../postgres/error-log.ts'
import type { Life } from '../postgres/life.ts'
import type { Pool } from '../postgres/pool.ts'
import type { SessionLimits } from '../postgres/session.ts'
import { reasonOf } from '../reason.ts'
import { EarlyTicks } from './early-ticks.ts'
import { TickLoop } from './loop.ts'
import { maintain } from './maintenance.ts'
import { type StepContext, subjectOf } from './steps.ts'

export interface TickerOptions {
  /**
   * Time between checks for events and settings that plain SQL has inserted or changed without notice (milliseconds,
   * default 50), while there is traffic or somebody waits for ticks, and for 10 s after; else it is a second at least. With
   * hundreds of queues it grows, first for those that need no tick within a second, so that checks take at most 1 % of the
   * server's time, and with more than a hundred databases in which there is traffic at once, to 2,000 checks per second in all.
   */
  checkMs?: number
  /** Shortest time between ticks of any idle queue, over its settings (milliseconds, default 1,000, as in pgqd). */
  idleFloorMs?: number
  /** Maximum number of queues ticked at once, each on its own connection (integer >= 1, default 4). */
  maxParallelTicks?: number
  /** Time between attempts to take over from a leader that is gone (milliseconds, default 500). */
  standbyMs?: number
  /** Time between rounds of rotation and other maintenance (milliseconds, default 120,000, as in pgqd). */
  maintenanceMs?: number
  /** Longest delay of an event that is due in the retry queue (milliseconds, default and maximum 1,000; pgqd takes 30 s). */
  retryMs?: number
  /** Longest delay between attempts to connect (milliseconds, default 5,000). */
  maxBackoffMs?: number
  /** Longest wait for an answer before the session counts as lost (milliseconds, default 5,000). */
  answerDeadlineMs?: number
}

export interface TickerStatus {
  /** State of the ticker; `starting` while there is no connection. */
  state: 'starting' | 'standby' | 'leading' | 'stopped'
  /** Reason why there is no connection, or why something fails; null when all is well. */
  lastError: string | null
  /** Whether another ticker, such as pgqd, makes ticks too. A ticker that does not lead says false. */
  foreignTicker: boolean
  /** Time of this ticker's last tick; null before the first. */
  lastTickAt: Date | null
}

/**
 * Ticks a database and does its maintenance, or stands by while another process does. The lead belongs to one gateway,
 * and lapses with its life; see `Life`. Two at once, or pgqd beside it, do no harm.
 */
export class Ticker {
  readonly #database: Database
  readonly #logger: Logger
  readonly #options: Required<TickerOptions>
  readonly #errors: ErrorLog
  readonly #early: EarlyTicks
  readonly #onTick: StepContext['onTick']
  #state: TickerStatus['state'] = 'starting'
  #lastError: string | null = null
  #lastTickAt: Date | null = null
  #loop: TickLoop | undefined

  /**
   * @param isAwaited Tells whether somebody at this gateway waits for ticks of a queue.
   * @param onTick Called after each tick that this ticker has made.
   */
  constructor({
    database,
    logger,
    options,
    isAwaited = () => false,
    onTick = () => {},
  }: {
    database: Database
    logger?: Logger
    options?: TickerOptions
    isAwaited?: (queue: string) => boolean
    onTick?: StepContext['onTick']
  }) {
    this.#database = database
    this.#logger = logger ?? database.logger
    this.#options = { ...tickerDefaults, ...options }
    this.#onTick = onTick
    this.#errors = new ErrorLog(this.#logger, database.outages)
    this.#early = new EarlyTicks(isAwaited)
  }

  /** Deadlines for the session that the ticker runs on. */
  get sessionLimits(): Pick<SessionLimits, 'answerDeadlineMs'> & { maxBackoffMs: number } {
    const { answerDeadlineMs, maxBackoffMs } = this.#options
    return { answerDeadlineMs, maxBackoffMs }
  }

  get status(): TickerStatus {
    return {
      state: this.#state,
      lastError: this.#lastError ?? (this.isLeading ? this.#errors.latest : null),
      foreignTicker: this.#loop?.hasForeignTicker ?? false,
      lastTickAt: this.#lastTickAt,
    }
  }

  /** Says whether it ticks, or is ready to take over. */
  get isReady(): boolean {
    return this.#state === 'leading' || this.#state === 'standby'
  }

  /** Says why this ticker, which leads, fails to tick a queue; undefined where it does not. */
  failureOf(queue: string): string | undefined {
    return this.isLeading ? this.#errors.messageOf(subjectOf({ name: queue })) : undefined
  }

  get isLeading(): boolean {
    return this.#state === 'leading'
  }

  /** Notes that events were committed to a queue; null means to any. */
  published(queue: string | null): void {
    this.#loop?.published(queue)
  }

  /** Notes that the session was lost, or could not be made. */
  disconnected(reason: unknown): void {
    this.#state = 'starting'
    this.#lastError = reasonOf(reason)
  }

  /**
   * Notes that somebody waits for ticks, here or at another gateway. It holds for ten seconds.
   *
   * @param queues Queues whose ticks are waited for at another gateway.
   */
  watched(queues: readonly string[] = []): void {
    this.#loop?.watched(queues)
  }

  /**
   * Stands by and leads in this life until the loss of its session or the signal, or until it finds a queue that is
   * misnumbered, and resolves when nothing is under way any more. Failures on a working session are followed by new
   * attempts at growing intervals.
   */
  async run(life: Life, signal: AbortSignal): Promise<void> {
    const { session } = life
    for (let failures = 0; !signal.aborted; ) {
      const startedMs = performance.now()
      try {
        await this.#becomeLeader(life, signal)
        if (!signal.aborted) await this.#lead(life, signal)
      } catch (error) {
        if (session.isOver || signal.aborted) break
        if (isMisnumbered(error)) {
          this.wait(error.message)
          await life.sign(false).catch(() => {})
          return
        }
        this.disconnected(error)
        this.#errors.failed(subject, error)
        await this.#database.isGone(error).catch(() => false)
        await life.sign(false).catch(() => {})
        if (performance.now() - startedMs > 2 * this.#options.maxBackoffMs) failures = 0
        await sleep(backoffMs(failures++, { firstMs: 100, maxMs: this.#options.maxBackoffMs }), signal)
      }
    }
  }

  /** Notes why it is not run although there is a session. */
  wait(reason: string): void {
    this.#state = 'starting'
    this.#lastError = reason
  }

  /** There will be no further session. */
  stopped(): void {
    this.#state = 'stopped'
  }

  /** Asks for the lead rather than waiting for it: a statement that waits would hold back VACUUM. */
  async #becomeLeader(life: Life, signal: AbortSignal): Promise<void> {
    await life.session.set({ role: 'pgq_admin' })
    while (!signal.aborted) {
      if (await life.sign(true)) return this.#become('leading')
      this.#become('standby')
      await sleep(this.#options.standbyMs, signal)
    }
  }

  #become(state: 'standby' | 'leading'): void {
    if (this.#state !== state) this.#logger.info(`the ticker of database ${this.#database.name} is ${state}`)
    this.#state = state
    this.#lastError = null
    this.#errors.worked(subject)
  }

  async #lead(life: Life, signal: AbortSignal): Promise<void> {
    const { session } = life
    const pool = this.#makePool()
    const leading = new AbortController()
    const end = () => leading.abort()
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    const loop = new TickLoop({
      gatewayId: this.#database.gatewayId,
      life,
      pool,
      early: this.#early,
      logger: this.#logger,
      errors: this.#errors,
      options: {
        ...this.#options,
        lookFloorMs: 10,
        maxParallel: this.#options.maxParallelTicks,
      },
      onTick: (tick) => {
        this.#lastTickAt = new Date()
        this.#onTick(tick)
      },
    })
    this.#loop = loop
    const maintenance = maintain(
      {
        options: this.#options,
        errors: this.#errors,
        client: this.#database.clientOptions('admin', 'maintenance', {
          statementTimeoutMs: 0,
          answerTimeoutMs: 0,
        }),
      },
      leading.signal,
    )
    try {
      await loop.run(leading.signal)
    } finally {
      // The loss is told before all is over: the end of maintenance may take as long as a silent server does.
      if (session.isOver) this.disconnected(await session.lost)
      signal.removeEventListener('abort', end)
      end()
      this.#loop = undefined
      await maintenance
      await pool.end()
    }
  }

  /** Makes the connections for ticks; they end with the lead. */
  #makePool(): Pool {
    const { answerDeadlineMs, maxParallelTicks } = this.#options
    return this.#database.makePool('admin', 'tick', {
      // The retry queue needs one connection more.
      max: maxParallelTicks + 1,
      statementTimeoutMs: answerDeadlineMs,
      answerTimeoutMs: answerDeadlineMs + 1_000,
      connectTimeoutMs: answerDeadlineMs,
    })
  }
}

const subject = 'the connection of the ticker'

const tickerDefaults = {
  checkMs: 50,
  idleFloorMs: 1_000,
  maxParallelTicks: 4,
  standbyMs: 500,
  maintenanceMs: 120_000,
  retryMs: 1_000,
  maxBackoffMs: 5_000,
  answerDeadlineMs: 5_000,
}
