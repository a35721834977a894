import pg from 'pg'
import type { Logger } from 'pino'
import type { Database } from '../postgres/connections.ts'
import type { Session } from '../postgres/session.ts'
import { gatewayChannel, parseGatewayPayload } from '../pubsub/ticks/channels.ts'
import { ErrorLog } from './error-log.ts'
import { Leader } from './leader.ts'
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

/**
 * Ticks a database and does its maintenance, or stands by while another process does. Only one ticks at a time; two
 * by accident, or pgqd beside it, do no harm.
 */
export class Ticker {
  readonly #database: Database
  readonly #logger: Logger
  readonly #options: Required<TickerOptions>
  readonly #errors: ErrorLog
  readonly #leader: Leader
  readonly #stopping = new AbortController()
  #state: TickerStatus['state'] = 'starting'
  #lastError: string | null = null
  #lastTickAt: Date | null = null
  #loop: TickLoop | undefined
  #running: Promise<void> | undefined

  constructor({
    database,
    logger,
    options,
  }: { database: Database; logger?: Logger; options?: TickerOptions }) {
    this.#database = database
    this.#logger = logger ?? database.logger
    this.#options = { ...tickerDefaults, ...options }
    this.#errors = new ErrorLog(this.#logger)
    this.#leader = new Leader({
      connectionConfig: () => this.#connectionConfig('ticker'),
      standbyMs: this.#options.standbyMs,
      maxBackoffMs: this.#options.maxBackoffMs,
      answerDeadlineMs: this.#options.answerDeadlineMs,
      connectDeadlineMs: 10_000,
      closeDeadlineMs: 1_000,
      lead: (session, signal) => this.#lead(session, signal),
    })
    this.#leader.on('standby', () => this.#become('standby'))
    this.#leader.on('leading', () => this.#become('leading'))
    this.#leader.on('failed', (error) => {
      this.#state = 'starting'
      this.#lastError = error.message
      this.#errors.failed(subject, error)
    })
  }

  get status(): TickerStatus {
    return {
      state: this.#state,
      lastError: this.#lastError,
      foreignTicker: this.#loop?.hasForeignTicker ?? false,
      lastTickAt: this.#lastTickAt,
    }
  }

  /** Ticks, or would at once if the leader were gone. */
  get isReady(): boolean {
    return this.#state === 'leading' || this.#state === 'standby'
  }

  /** Begins as soon as the database is ready; returns at once. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Ends what it does, gives up the lead, and resolves when no connection is left. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    this.#state = 'stopped'
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    if (!this.#database.isReady) {
      await new Promise<void>((resolve) => {
        const go = () => {
          this.#database.off('ready', go)
          signal.removeEventListener('abort', go)
          resolve()
        }
        this.#database.once('ready', go)
        signal.addEventListener('abort', go)
      })
    }
    await this.#leader.run(signal)
  }

  #become(state: 'standby' | 'leading'): void {
    if (this.#state !== state) this.#logger.info(`the ticker of database ${this.#database.name} is ${state}`)
    this.#state = state
    this.#lastError = null
    this.#errors.worked(subject)
  }

  async #lead(session: Session, signal: AbortSignal): Promise<void> {
    const pool = this.#makePool()
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
    const onPublished = (queue: string) => loop.published(queue)
    this.#database.on('published', onPublished)
    session.client.on('notification', ({ payload }) => {
      for (const [kind, { queue }] of parseGatewayPayload(payload)) {
        if (kind === 'published') loop.published(queue)
      }
    })
    const maintenance = maintain(
      {
        pool,
        options: this.#options,
        errors: this.#errors,
        connectionConfig: () => this.#connectionConfig('maintenance'),
        onRetried: () => loop.published(null),
      },
      signal,
    )
    try {
      await session.query(`listen ${gatewayChannel}`)
      await loop.run(signal)
    } finally {
      this.#database.off('published', onPublished)
      this.#loop = undefined
      session.lose(new Error('the ticker steps down'))
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
