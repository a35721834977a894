import pg from 'pg'
import type { Logger } from 'pino'
import { backoffMs, sleep } from '../async/backoff.ts'
import { leaderLockClass } from '../postgres/advisory-locks.ts'
import type { Database } from '../postgres/database.ts'
import type { Session, SessionLimits } from '../postgres/session.ts'
import { ErrorLog } from './error-log.ts'
import { TickLoop } from './loop.ts'
import { maintain } from './maintenance.ts'

export interface TickerOptions {
  /**
   * Between checks for events that were inserted, and settings that were changed, by plain SQL, and so are announced by
   * nobody. Milliseconds, default 50. With hundreds of queues they are further apart, first of those that need not be ticked within a second, so that
   * they take 1 % of the server's time at most.
   */
  checkMs?: number
  /**
   * Between readings of what other tickers did. Milliseconds, default 1,000; more with very many queues.
   */
  refreshMs?: number
  /** An idle queue ticks no more often, whatever its settings. Milliseconds, default 1,000: the period of pgqd. */
  idleFloorMs?: number
  /** Queues ticked at the same time, integer >= 1; as many connections. Default 4. */
  maxParallelTicks?: number
  /** Between attempts to take over from a leader that is gone. Milliseconds, default 500. */
  standbyMs?: number
  /** Between rounds of rotation and other maintenance. Milliseconds, default 120,000, as pgqd has it. */
  maintenanceMs?: number
  /** An event of the retry queue comes back this late at most. Milliseconds, default 1,000; pgqd takes 30 s. */
  retryMs?: number
  /** Between attempts to connect, at most. Milliseconds, default 5,000. */
  maxBackoffMs?: number
  /** A server that does not answer for so long is lost. Milliseconds, default 5,000. */
  answerDeadlineMs?: number
}

export interface TickerStatus {
  /** `starting` until the first connection and again while there is none. */
  state: 'starting' | 'standby' | 'leading' | 'stopped'
  /** Why there is no connection, or null. */
  lastError: string | null
  /** Another ticker, such as pgqd, makes ticks too. Known to a leader only. */
  foreignTicker: boolean
  /** When this ticker last made a tick, null for never. */
  lastTickAt: Date | null
}

/** Advisory lock of the one session that ticks a database. */
const leaderLock = [leaderLockClass, 0]

/**
 * Ticks a database and does its maintenance, or stands by while another process does. Only one ticks at a time, by an
 * advisory lock: PostgreSQL gives it up the moment that it notices the session's end. Two by accident, or pgqd beside
 * it, do no harm.
 */
export class Ticker {
  readonly #database: Database
  readonly #logger: Logger
  readonly #options: Required<TickerOptions>
  readonly #errors: ErrorLog
  #state: TickerStatus['state'] = 'starting'
  #lastError: string | null = null
  #lastTickAt: Date | null = null
  #loop: TickLoop | undefined

  constructor({
    database,
    logger,
    options,
  }: { database: Database; logger?: Logger; options?: TickerOptions }) {
    this.#database = database
    this.#logger = logger ?? database.logger
    this.#options = { ...tickerDefaults, ...options }
    this.#errors = new ErrorLog(this.#logger)
  }

  /** What its session must keep to. */
  get sessionLimits(): Pick<SessionLimits, 'answerDeadlineMs'> & { maxBackoffMs: number } {
    const { answerDeadlineMs, maxBackoffMs } = this.#options
    return { answerDeadlineMs, maxBackoffMs }
  }

  get status(): TickerStatus {
    return {
      state: this.#state,
      lastError: this.#lastError,
      foreignTicker: this.#loop?.hasForeignTicker ?? false,
      lastTickAt: this.#lastTickAt,
    }
  }

  /** True while it ticks, or is ready to take over. */
  get isReady(): boolean {
    return this.#state === 'leading' || this.#state === 'standby'
  }

  get isLeading(): boolean {
    return this.#state === 'leading'
  }

  /** Events were committed to this queue; null: to any. */
  published(queue: string | null): void {
    this.#loop?.published(queue)
  }

  /** The session is lost, or could not be made. */
  disconnected(reason: Error): void {
    this.#state = 'starting'
    this.#lastError = reason.message
    this.#errors.failed(subject, reason)
  }

  /**
   * Stands by and leads on this session, until its loss or the signal; resolves when nothing is under way any more. What
   * fails while the session stands is tried again, less and less often.
   */
  async run(session: Session, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      const startedMs = performance.now()
      try {
        await this.#becomeLeader(session, signal)
        if (!signal.aborted) await this.#lead(session, signal)
      } catch (error) {
        if (session.isOver || signal.aborted) break
        this.disconnected(error instanceof Error ? error : new Error(String(error)))
        await session.query('select pg_advisory_unlock($1, $2)', leaderLock).catch(() => {})
        if (performance.now() - startedMs > 2 * this.#options.maxBackoffMs) failures = 0
        await sleep(backoffMs(failures++, { firstMs: 100, maxMs: this.#options.maxBackoffMs }), signal)
      }
    }
  }

  /** There will be no further session. */
  stopped(): void {
    this.#state = 'stopped'
  }

  /** Asks for the lead rather than waiting for it: a statement that waits would hold back VACUUM. */
  async #becomeLeader(session: Session, signal: AbortSignal): Promise<void> {
    await session.query('set role pgq_admin')
    while (!signal.aborted) {
      const { rows } = await session.query<{ leads: boolean }>(
        'select pg_try_advisory_lock($1, $2) as leads',
        leaderLock,
      )
      if (rows[0]?.leads) return this.#become('leading')
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

  async #lead(session: Session, signal: AbortSignal): Promise<void> {
    const pool = this.#makePool()
    const leading = new AbortController()
    const end = () => leading.abort()
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    const loop = new TickLoop({
      session,
      pool,
      logger: this.#logger,
      errors: this.#errors,
      options: {
        ...this.#options,
        lookFloorMs: 10,
        maxParallel: this.#options.maxParallelTicks,
      },
      onTick: () => {
        this.#lastTickAt = new Date()
      },
    })
    this.#loop = loop
    const maintenance = maintain(
      {
        pool,
        options: this.#options,
        errors: this.#errors,
        connectionConfig: () => this.#connectionConfig('maintenance'),
        onRetried: () => loop.published(null),
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

  /** Connections for the ticks; they end when they have nothing to do, and with the lead. */
  #makePool(): pg.Pool {
    const pool = new pg.Pool({
      ...this.#connectionConfig('tick'),
      statement_timeout: this.#options.answerDeadlineMs,
      query_timeout: this.#options.answerDeadlineMs + 1_000,
      connectionTimeoutMillis: this.#options.answerDeadlineMs,
      // One more for the retry queue.
      max: this.#options.maxParallelTicks + 1,
      idleTimeoutMillis: 30_000,
    })
    pool.on('error', (error) => this.#logger.debug({ err: error }, 'an idle connection was lost'))
    // A server that ends a session may say so in the same packet that answers the connect.
    pool.on('connect', (client) => client.on('error', () => {}))
    return pool
  }

  #connectionConfig(purpose: string): pg.ClientConfig {
    return this.#database.connectionConfig('admin', purpose)
  }
}

const subject = 'the connection of the ticker'

const tickerDefaults = {
  checkMs: 50,
  refreshMs: 1_000,
  idleFloorMs: 1_000,
  maxParallelTicks: 4,
  standbyMs: 500,
  maintenanceMs: 120_000,
  retryMs: 1_000,
  maxBackoffMs: 5_000,
  answerDeadlineMs: 5_000,
}
