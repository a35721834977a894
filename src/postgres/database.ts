import { randomInt } from 'node:crypto'
import type { Logger } from 'pino'
import type { Places, SharedPlaces } from '../async/shared-places.ts'
import { type ErrorCode, PgqError } from '../errors.ts'
import type { Instrumentation } from '../instrumentation.ts'
import type { BoundedRows } from './bounded-query.ts'
import {
  call,
  callBounded,
  isMisnumbered,
  isMissingObject,
  isReadOnly,
  type Lender,
  type Role,
  type Statement,
} from './call.ts'
import type { ClientOptions, Pooling } from './client.ts'
import type { ConnectionTarget } from './connection-target.ts'
import { OutageLog } from './outage-log.ts'
import { isTooManyConnections, Pool } from './pool.ts'
import { Scarcity } from './scarcity.ts'

export interface ConnectionOptions {
  /** Name of the database in the API. */
  name: string
  target: ConnectionTarget
  /** Where sessions are kept; then `target` may be a pooler that shares sessions. Default: `target`. */
  directTarget?: ConnectionTarget | undefined
  /** Maximum number of connections per role (integer >= 1), without those for lists and of `callAside`. */
  maxConnectionsPerRole: number
  /** Where its connections take places among those of other databases. Default: there may be any number. */
  places?: SharedPlaces | undefined
  /** Time after which the server cancels a statement (milliseconds). */
  statementTimeoutMs: number
  logger: Logger
  instrumentation?: Instrumentation | undefined
  /** Called when an object was missing that a statement needs. @returns Whether PgQ as a whole is gone. */
  onMissingObject?: (() => Promise<boolean>) | undefined
  /** Called when a queue was not ticked because it is misnumbered (PQ018). */
  onMisnumbered?: (() => void) | undefined
}

/** For what and whom a statement runs, so that turns are fair. */
export interface Purpose {
  /** Queue that it works on; a lock on one queue's tables holds up no other's statements. */
  queue?: string | undefined
  /** `Caller.sight` of who asks, where turns among callers matter. */
  sight?: string | undefined
}

/** Time limits of a connection (milliseconds). */
export interface ClientLimits {
  /** Time after which the server cancels a statement; 0 for none. Default: as the database is configured. */
  statementTimeoutMs?: number
  /** Longest wait for an answer; 0 for no limit. Default: five seconds longer than the server may take. */
  answerTimeoutMs?: number
  /** Longest time to connect, which the connection string may shorten. Default 10,000. */
  connectTimeoutMs?: number
}

export interface PoolCount {
  pool: string
  open: number
  idle: number
  waiting: number
}

/** Limits of a pool, and of its connections. */
type PoolOptions = ClientLimits & { max: number; idleTimeoutMs?: number }

/**
 * Holds the connections to one PostgreSQL database in a pool per role. It refuses statements with `UNAVAILABLE` until
 * `admit`; after that the pools recover by themselves from an outage.
 */
export class Database {
  readonly name: string
  readonly logger: Logger
  readonly outages: OutageLog
  /** Random id of this process among the gateways of the database (int4). */
  readonly gatewayId = randomInt(1, 2 ** 31 - 1)
  /** What is known to be before the server, or before `directTarget`. It counts for connections made later. */
  pooling: Pooling = 'none'
  readonly #options: ConnectionOptions
  readonly #pools = new Map<string, Pool>()
  readonly #scarcity: Scarcity
  readonly #places: Places | undefined
  #isAdmitting = false
  /** Time at which the server was left. */
  #leftMs = Number.NEGATIVE_INFINITY
  /** Number of statements that run or wait for a connection. */
  #underWay = 0
  #onIdle = () => {}

  constructor(options: ConnectionOptions) {
    this.name = options.name
    this.logger = options.logger
    this.outages = new OutageLog(options.name, options.logger)
    this.#scarcity = new Scarcity(options.name, options.logger)
    this.#places = options.places?.join(this.#scarcity)
    this.#options = options
  }

  /** Allows statements; called when PgQ is installed. */
  admit(): void {
    this.#isAdmitting = true
  }

  /** Refuses statements again, until the next `admit`. */
  suspend(): void {
    this.#isAdmitting = false
  }

  get isReady(): boolean {
    return this.#isAdmitting
  }

  /** Makes the error of a statement that comes before `admit` or after `close`. */
  notReady(): PgqError {
    return new PgqError(
      'UNAVAILABLE',
      `Database ${this.name} is not ready; the server keeps trying to reach it.`,
    )
  }

  /** Says how many connections each pool has, and how many statements wait for one. */
  get connections(): PoolCount[] {
    return [...this.#pools].map(([pool, { size, idleCount, waitingCount }]) => ({
      pool,
      open: size,
      idle: idleCount,
      waiting: waitingCount,
    }))
  }

  /** Runs one statement as its role. @throws as `call` of call.ts does; `UNAVAILABLE` before `admit`. */
  async call<Row>(
    statement: Statement,
    values: readonly unknown[] = [],
    purpose: Purpose = {},
  ): Promise<Row[]> {
    return this.#runFor(statement, purpose, (lender) => call<Row>(lender, statement, values))
  }

  /** Runs a statement like `call`, and keeps only the rows that fit into so many bytes: one at least. */
  async callBounded<Row>(
    statement: Statement,
    values: readonly unknown[],
    { maxBytes, ...purpose }: Purpose & { maxBytes: number },
  ): Promise<BoundedRows<Row>> {
    const ask = (lender: Lender) => callBounded<Row>(lender, statement, values, maxBytes)
    return this.#runFor(statement, purpose, ask)
  }

  /**
   * Runs a quick statement that must not wait for others, on one of two separate connections per role. A connection
   * that does not answer is dropped within seconds.
   */
  async callAside<Row>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    const { role } = statement
    const pool = () => this.#pool(`${role} aside`, role, asideLimits)
    return this.#run(statement, () => call<Row>(pool(), statement, values))
  }

  #runFor<Result>(
    statement: Statement,
    { queue, sight = '' }: Purpose,
    ask: (lender: Lender) => Promise<Result>,
  ): Promise<Result> {
    const { name, role, kind } = statement
    const max = this.#options.maxConnectionsPerRole
    const turn = { subject: queue === undefined ? `statement ${name}` : `queue ${queue}`, caller: sight }
    const lender = () => {
      if (kind === 'listing')
        return this.#pool(`${role} lists`, role, { max: Math.min(MAX_LISTINGS, max) }).for(turn)
      if (kind === 'scrape') return this.#pool(`${role} scrapes`, role, scrapeLimits)
      const pool = this.#pool(role, role, { max })
      // A writer does nothing else than publish.
      return pool.for(role === 'writer' ? turn : { ...turn, kind: kind ?? 'work' })
    }
    return this.#run(statement, () => ask(lender()))
  }

  async #run<Result>(statement: Statement, ask: () => Promise<Result>): Promise<Result> {
    if (!this.#isAdmitting) throw this.notReady()
    this.#underWay++
    try {
      const answer = ask()
      return await (this.#options.instrumentation?.statement ? this.#instrumented(statement, answer) : answer)
    } catch (error) {
      if (await this.isGone(error)) throw this.notReady()
      if (isMisnumbered(error)) this.#options.onMisnumbered?.()
      if (isReadOnly(error)) this.leaveServer()
      throw error
    } finally {
      if (--this.#underWay === 0) this.#onIdle()
    }
  }

  /** Whether its URL names several servers, of which one takes writes at a time. */
  get hasAlternatives(): boolean {
    const { target, directTarget = target } = this.#options
    return directTarget.alternatives.length > 0
  }

  /** Gives up the connections of all roles to a server that takes no writes any more: since a failover another one may. */
  leaveServer(): void {
    const nowMs = performance.now()
    if (nowMs - this.#leftMs < LEAVE_MS) return
    this.#leftMs = nowMs
    for (const pool of this.#pools.values()) pool.renew()
  }

  /** Says whether a statement failed because PgQ was dropped; then it is put in place again. */
  async isGone(error: unknown): Promise<boolean> {
    return isMissingObject(error) && ((await this.#options.onMissingObject?.()) ?? false)
  }

  async #instrumented<Result>({ name, role }: Statement, answer: Promise<Result>): Promise<Result> {
    const startedMs = performance.now()
    const report = (code: ErrorCode | null) =>
      this.#options.instrumentation?.statement?.({
        database: this.name,
        name,
        role,
        durationMs: performance.now() - startedMs,
        code,
      })
    try {
      const result = await answer
      report(null)
      return result
    } catch (error) {
      report(error instanceof PgqError ? error.code : 'INTERNAL')
      throw error
    }
  }

  /**
   * Says all about a connection to be made, such as the listener's. It keeps its session, unless there is only a pooler
   * that shares them.
   *
   * @param role Set when the connection is made, so that no statement is spent on it; undefined keeps the login's.
   * @param purpose Shown in `pg_stat_activity.application_name` after `pgq-graphql/`.
   */
  clientOptions(role: Role | undefined, purpose: string, limits: ClientLimits = {}): ClientOptions {
    const { target: pooled, directTarget: target = pooled, statementTimeoutMs: usualMs } = this.#options
    const {
      statementTimeoutMs = usualMs,
      // This is reached when the server itself no longer answers.
      answerTimeoutMs = (statementTimeoutMs || usualMs) + 5_000,
      connectTimeoutMs = CONNECT_TIMEOUT_MS,
    } = limits
    const database = this
    return {
      target,
      applicationName: `pgq-graphql/${purpose}`,
      settings: { statement_timeout: String(statementTimeoutMs), ...(role && { role: `pgq_${role}` }) },
      get pooling() {
        return database.pooling
      },
      places: this.#places,
      connectTimeoutMs: Math.min(target.connectTimeoutMs ?? connectTimeoutMs, connectTimeoutMs),
      answerTimeoutMs,
    }
  }

  /** Says all about a connection for single statements by way of the pooler; undefined where there is none. */
  poolerOptions(role: Role | undefined, purpose: string, limits?: ClientLimits): ClientOptions | undefined {
    const { target, directTarget } = this.#options
    return directTarget && { ...this.clientOptions(role, purpose, limits), target, pooling: 'shared' }
  }

  #pool(name: string, role: Role, options: PoolOptions): Pool {
    let pool = this.#pools.get(name)
    if (!pool) {
      pool = this.#makePool(
        this.poolerOptions(role, name, options) ?? this.clientOptions(role, name, options),
        options,
      )
      this.#pools.set(name, pool)
    }
    return pool
  }

  /** Makes a pool that its owner ends. @param purpose As in `clientOptions`. */
  makePool(role: Role, purpose: string, options: PoolOptions): Pool {
    return this.#makePool(this.clientOptions(role, purpose, options), options)
  }

  #makePool(client: ClientOptions, options: PoolOptions): Pool {
    const { max, connectTimeoutMs = CONNECT_TIMEOUT_MS, idleTimeoutMs = IDLE_TIMEOUT_MS } = options
    return new Pool(
      client,
      { max, waitTimeoutMs: connectTimeoutMs, idleTimeoutMs },
      this.#scarcity,
      this.logger,
    )
  }

  /** Gives up an idle connection where the server has refused one that belongs to no pool. */
  makeRoomAfter(error: unknown): void {
    if (isTooManyConnections(error)) this.#scarcity.makeRoom()
  }

  /** Refuses further statements, and resolves when those under way have finished and every connection is closed. */
  async close(): Promise<void> {
    this.#isAdmitting = false
    // A pool that ends forgets the statements that wait for a connection.
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()))
    this.#pools.clear()
    this.#places?.leave()
  }
}

/** Maximum number of connections for statements that only show what is there. */
const MAX_LISTINGS = 4

/** Shortest time until a server is left again: it may be the only one, and refuse writes for a while (milliseconds). */
const LEAVE_MS = 1_000

/** Default of `ClientLimits.connectTimeoutMs`. */
const CONNECT_TIMEOUT_MS = 10_000

/** Time after which an idle connection ends (milliseconds). */
const IDLE_TIMEOUT_MS = 10_000

const asideLimits = { max: 2, connectTimeoutMs: 3_000, statementTimeoutMs: 2_000, answerTimeoutMs: 3_000 }
/** The connection stays from one scrape a minute to the next: what it has learnt of the tables costs most of the first. */
const scrapeLimits = { ...asideLimits, max: 1, idleTimeoutMs: 75_000 }
