import { once } from 'node:events'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { sleep } from '../async/backoff.ts'
import type { Overtaking } from '../async/overtaking.ts'
import type { SharedPlaces } from '../async/shared-places.ts'
import type { Caller } from '../caller.ts'
import { defaultConnections } from '../defaults.ts'
import { PgqError } from '../errors.ts'
import type { EngineChoice, EngineFacts } from '../install/install.ts'
import type { Instrumentation } from '../instrumentation.ts'
import { Memory } from '../memory/memory.ts'
import { isReadOnly, toPgqError } from '../postgres/call.ts'
import { type ConnectionTarget, describeTarget } from '../postgres/connection-target.ts'
import { Database } from '../postgres/database.ts'
import { ErrorLog } from '../postgres/error-log.ts'
import type { Life } from '../postgres/life.ts'
import { isUnreachable } from '../postgres/outage.ts'
import { PoolerError } from '../postgres/routed-connection.ts'
import type { Session } from '../postgres/session.ts'
import { Claims } from '../pubsub/batches/claims.ts'
import { LeaseKeeper } from '../pubsub/batches/lease-keeper.ts'
import { TakeoverWatch } from '../pubsub/batches/takeover-watch.ts'
import { WorkerLog } from '../pubsub/batches/worker-log.ts'
import { DeadLetterJobs } from '../pubsub/dead-letters/dead-letter-jobs.ts'
import { LiveView } from '../pubsub/live-view.ts'
import { PublishNotices } from '../pubsub/publishing/publish-notices.ts'
import { ConsumerHistory } from '../pubsub/stats/consumer-history.ts'
import { StatsSamplers } from '../pubsub/stats/stats-samplers.ts'
import { OpenStreams } from '../pubsub/stream.ts'
import { TailShares } from '../pubsub/tail/tail-share.ts'
import { queuesOf } from '../pubsub/ticks/channels.ts'
import { TickFeed } from '../pubsub/ticks/tick-feed.ts'
import { WatchedNotices } from '../pubsub/ticks/watched-notices.ts'
import { DatabaseState } from '../resolvers/database-state.ts'
import { TickWatch } from '../ticker/tick-watch.ts'
import { Ticker, type TickerOptions } from '../ticker/ticker.ts'
import { type DatabaseHealth, healthOf } from './health.ts'
import type { Identities } from './identities.ts'
import { Installation } from './installation.ts'
import { NumberingWatch } from './numbering-watch.ts'
import { Presence } from './presence.ts'
import { targetsOf } from './targets.ts'

export interface DatabaseOptions {
  /** Name of the database in the API; a `database` argument defaults to `main`. */
  name: string
  /** A libpq URL, `postgresql://…`; what it leaves out comes from libpq's variables, such as PGHOST. */
  connectionString: string
  /**
   * A URL of the same database where a connection keeps its session; then `connectionString` may lead to a pooler that
   * shares sessions, such as PgBouncer in the mode transaction, and costs no speed. Default: `connectionString`.
   */
  directConnectionString?: string | undefined
  /** Variables that complete it. Default: those of this process. */
  environment?: Readonly<Record<string, string | undefined>> | undefined
  /** Engine to install where none is found. Default `auto`. */
  engine?: EngineChoice | undefined
  /** Whether this process ticks the database, or settings for that. Default true. */
  ticker?: boolean | TickerOptions | undefined
  /** Whether the gateway is ready only with it. Default: true for `main`, false for others. */
  required?: boolean | undefined
  /** Maximum number of connections per role (integer >= 1, default 10). */
  maxConnectionsPerRole?: number | undefined
  /** Time after which the server cancels a statement (milliseconds, default 30,000). */
  statementTimeoutMs?: number | undefined
}

/** What all databases of a gateway share. */
export interface GatewayParts {
  logger: Logger
  instrumentation?: Instrumentation | undefined
  /** Default: one of its own, and so for those below. */
  memory?: Memory | undefined
  identities?: Identities | undefined
  /** Where the connections of all databases take places. Default: there may be any number. */
  places?: SharedPlaces | undefined
  /** Where databases take turns to start. */
  starts?: Overtaking | undefined
}

/** Maximum number of cached views. One that is evicted while in use stays valid; new requests get another. */
const MAX_VIEWS = 1_000
/** Shortest time between two notices to other gateways that the same queue was published to (milliseconds). */
const PUBLISH_NOTICE_MS = 20
/** Shortest time between two notices to other gateways that somebody waits for ticks here (milliseconds). */
const WATCHED_NOTICE_MS = 4_000
/** Largest number of queues that it names. */
const TOLD_QUEUES = 100
/** Pause before the ticker runs again after it said that a queue is misnumbered, and a look found none (milliseconds). */
const RETRY_MS = 1_000

/**
 * Runs everything for one database: connections, cached state, the feed of its ticks, streams with their leases and
 * claims, and the ticker. `start` returns at once; until PgQ is installed, statements are refused with `UNAVAILABLE`.
 * After that everything recovers from an outage by itself.
 */
export class LiveDatabase {
  readonly database: Database
  readonly state: DatabaseState
  readonly feed: TickFeed
  readonly leases: LeaseKeeper
  readonly claims: Claims
  readonly takeovers: TakeoverWatch
  readonly workers: WorkerLog
  readonly streams = new OpenStreams()
  readonly tails = new TailShares()
  readonly letterJobs = new DeadLetterJobs()
  readonly samplers: StatsSamplers
  readonly consumerHistory = new ConsumerHistory()
  /** Undefined where this process does not tick the database. */
  readonly ticker: Ticker | undefined
  /** Whether the gateway is ready only with this database. */
  readonly isRequired: boolean
  readonly #installation: Installation
  readonly #numbering: NumberingWatch
  readonly #errors: ErrorLog
  /** The first one keeps sessions. */
  readonly #targets: readonly ConnectionTarget[]
  readonly #presence: Presence
  readonly #tickWatch: TickWatch
  readonly #publishNotices: PublishNotices
  readonly #watchedNotices: WatchedNotices
  readonly #views = new LRUCache<string, LiveView>({ max: MAX_VIEWS })
  readonly #closing = new AbortController()
  /** The presence was lost, and may come back at another server. */
  #mayHaveMoved = false
  /** The latest session of the presence. */
  #session: Session | undefined
  #opening: Promise<void> | undefined
  #closed: Promise<void> | undefined

  /** @throws PgqError `BAD_INPUT` for a name or a connection string that cannot be used. */
  constructor(options: DatabaseOptions, parts: GatewayParts) {
    const { logger, instrumentation, memory = new Memory() } = parts
    const { name, ticker = true } = options
    this.isRequired = options.required ?? name === 'main'
    const { target, directTarget } = targetsOf(options)
    this.#targets = directTarget ? [directTarget, target] : [target]
    this.database = new Database({
      name,
      target,
      directTarget,
      maxConnectionsPerRole: options.maxConnectionsPerRole ?? defaultConnections.maxPerRole,
      statementTimeoutMs: options.statementTimeoutMs ?? defaultConnections.statementTimeoutMs,
      places: parts.places,
      logger,
      instrumentation,
      onMissingObject: () => this.#reinstallIfGone(),
      onMisnumbered: () => this.#checkNumbering(),
    })
    const { database } = this
    this.#numbering = new NumberingWatch(database)
    this.#errors = new ErrorLog(logger, database.outages)
    this.#installation = new Installation({
      database,
      engine: options.engine ?? 'auto',
      numbering: this.#numbering,
      errors: this.#errors,
      identities: parts.identities,
      starts: parts.starts,
      closing: this.#closing.signal,
    })
    this.state = new DatabaseState(database, memory, (queue) => this.#published(queue))
    this.feed = new TickFeed(database, {
      hasTickTrigger: () => this.#installation.facts?.hasTickTrigger ?? false,
      instrumentation,
    })
    const { feed } = this
    feed.on('misnumbered', () => this.#checkNumbering())
    feed.on('awaited', () => this.#ticksAwaited())
    this.leases = new LeaseKeeper({ database, feed, held: this.state.held, instrumentation })
    this.claims = new Claims(database, feed)
    this.samplers = new StatsSamplers(database)
    this.takeovers = new TakeoverWatch(database)
    this.workers = new WorkerLog(database)
    this.#publishNotices = new PublishNotices(
      PUBLISH_NOTICE_MS,
      (queue) => void feed.notify('published', { queue }),
    )
    this.#watchedNotices = new WatchedNotices(
      WATCHED_NOTICE_MS,
      () => void feed.notify('watched', { queues: feed.awaitedQueues.slice(0, TOLD_QUEUES) }),
    )
    if (ticker !== false) {
      this.ticker = new Ticker({
        database,
        isAwaited: (queue) => feed.isAwaited(queue),
        ...(ticker !== true && { options: ticker }),
        onTick: (tick) => feed.ticked(tick),
      })
      feed.on('published', ({ queue }) => this.ticker?.published(queue))
      feed.on('watched', (notice) => this.ticker?.watched(queuesOf(notice)))
    }
    this.#tickWatch = new TickWatch({
      logger,
      outages: database.outages,
      failureOf: (queue) => this.ticker?.failureOf(queue),
    })
    this.#presence = new Presence(
      database,
      async (life, signal) => {
        await Promise.all([
          this.#workOn(life, signal),
          this.#tickWatch.run(life.session, signal),
          this.consumerHistory.run(life.session, signal),
        ])
      },
      this.ticker?.sessionLimits,
    )
    this.#presence.on('present', () => {
      instrumentation?.connection?.({ database: name, purpose: 'presence', state: 'made' })
      this.database.outages.worked()
      this.#errors.worked(this.#presenceName)
      this.leases.doubtAll()
      this.claims.recheck()
      if (this.#mayHaveMoved) this.#leaveServer()
      this.#mayHaveMoved = false
    })
    this.#presence.on('absent', (reason, wasPresent) => {
      if (wasPresent) instrumentation?.connection?.({ database: name, purpose: 'presence', state: 'lost' })
      if (this.#closing.signal.aborted) return
      this.database.makeRoomAfter(reason)
      if (wasPresent && isReadOnly(reason)) this.database.leaveServer()
      if (wasPresent) this.#mayHaveMoved = isReadOnly(reason) || this.database.hasAlternatives
      // A pooler may have been put between, or changed in what it does.
      if (wasPresent && this.database.pooling !== 'none') void this.#installation.findPooler()
      if (reason instanceof PoolerError) void this.#installation.findPooler()
      else if (this.database.isReady) {
        if (isUnreachable(toPgqError(reason))) this.database.outages.failed(reason)
        else this.#errors.failed(this.#presenceName, reason)
      }
      this.ticker?.disconnected(reason)
    })
  }

  get name(): string {
    return this.database.name
  }

  /** Facts about the engine, found at the start. @throws PgqError `UNAVAILABLE` before that. */
  get facts(): EngineFacts {
    const { facts } = this.#installation
    if (!facts) throw this.database.notReady()
    return facts
  }

  /** Begins to connect, installs what is missing, then listens and ticks. Returns at once. */
  start(): void {
    if (this.#opening) return
    const places = this.#targets.map(describeTarget).join(', and for statements ')
    this.database.logger.info(`Database ${this.name} is ${places}`)
    this.#opening = this.#open()
  }

  /** Starts the database, and resolves when PgQ is installed, or at `close`. */
  async ready(): Promise<void> {
    this.start()
    await this.#opening
  }

  health(): DatabaseHealth {
    return healthOf({
      database: this.database,
      isRequired: this.isRequired,
      feed: this.feed,
      ticker: this.ticker,
      tickWatch: this.#tickWatch,
      numbering: this.#numbering,
      installation: this.#installation,
      presence: this.#presence,
    })
  }

  /** Finds the view for a caller: callers with the same access rights share one. */
  seenBy({ sight }: Caller): LiveView {
    let view = this.#views.get(sight)
    if (!view) {
      view = new LiveView(this.database, this.state, this, sight)
      this.#views.set(sight, view)
    }
    return view
  }

  /**
   * Ends every stream and releases what they hold, then stops everything else; no timer, listener or connection is
   * left.
   *
   * @param reason The error for the streams' readers; without one their streams end normally.
   */
  close(reason?: PgqError): Promise<void> {
    this.#closed ??= this.#close(reason)
    return this.#closed
  }

  async #close(reason: PgqError | undefined): Promise<void> {
    this.#closing.abort()
    await Promise.all([this.streams.close(closing, reason), this.letterJobs.close()])
    this.leases.close()
    this.claims.close()
    this.takeovers.close()
    this.workers.close()
    this.#publishNotices.close()
    await Promise.all([this.#opening, this.#presence.stop(), this.feed.stop()])
    this.ticker?.stopped()
    await this.database.close()
    this.#installation.end()
  }

  /** Ticks on a session, but where queues are misnumbered only after their repair. */
  async #workOn(life: Life, signal: AbortSignal): Promise<void> {
    const { session } = life
    this.#session = session
    for (let isFirst = true; !signal.aborted && !session.isOver; isFirst = false) {
      await this.#numbering.look(session)
      if (this.#numbering.reason !== null) {
        this.ticker?.wait(this.#numbering.reason)
        await this.#numbering.repaired(session, signal)
      } else if (!isFirst) {
        await sleep(RETRY_MS, signal)
      }
      if (!this.ticker) return
      if (!signal.aborted) await this.ticker.run(life, signal)
    }
  }

  #checkNumbering(): void {
    if (this.#session && !this.#session.isOver) void this.#numbering.lookSoon(this.#session)
  }

  /** Leaves the server that the presence has left, which may go on answering who reads or listens there, and tell old news. */
  #leaveServer(): void {
    this.database.leaveServer()
    this.feed.renew()
  }

  /** Notifies the ticker, in this process or another, that events were committed. */
  #published(queue: string): void {
    if (this.ticker?.isLeading) this.ticker.published(queue)
    else this.#publishNotices.add(queue)
  }

  /** Keeps the ticker awake, in this process or another, for who waits here. */
  #ticksAwaited(): void {
    if (this.ticker?.isLeading) this.ticker.watched()
    else this.#watchedNotices.add()
  }

  /**
   * Puts PgQ in place again where somebody has dropped it, and waits where a newer build has replaced it by what this one
   * does not work with. Streams end, so that their clients find another gateway, and so does what is held for them.
   *
   * @returns Whether that is so.
   */
  async #reinstallIfGone(): Promise<boolean> {
    if (this.#closing.signal.aborted) return false
    if (!this.database.isReady) return true
    const obstacle = await this.#installation.findObstacle()
    if (obstacle === null) return false
    if (this.database.isReady) {
      this.database.logger.error(`Database ${this.name}: ${obstacle}`)
      this.database.suspend()
      this.streams.fail(this.database.notReady())
      this.#session?.cut()
      this.#opening = this.#open()
    }
    return true
  }

  get #presenceName(): string {
    return `the presence of this gateway in database ${this.name}`
  }

  async #open(): Promise<void> {
    const letNextStart = await this.#installation.complete()
    if (!letNextStart) return
    const { signal } = this.#closing
    const isLive = Promise.all([
      once(this.feed, 'live', { signal }),
      once(this.#presence, 'present', { signal }),
    ])
    isLive.then(letNextStart, letNextStart)
    this.database.admit()
    this.feed.start()
    this.#presence.start()
  }
}

const closing = new PgqError('UNAVAILABLE', 'This server is shutting down; connect again')
