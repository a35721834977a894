import { randomInt } from 'node:crypto'
import pg from 'pg'
import { parse, toClientConfig } from 'pg-connection-string'
import type { Logger } from 'pino'
import { type ErrorCode, PgqError } from '../errors.ts'
import type { Instrumentation } from '../instrumentation.ts'
import type { BoundedRows } from './bounded-query.ts'
import { call, callBounded, isMisnumbered, isMissingObject, type Statement } from './call.ts'
import { OutageLog } from './outage-log.ts'
import { parsers } from './parsers.ts'

/** Database role of PgQ. An admin may do everything that a reader and a writer may. */
export type Role = 'reader' | 'writer' | 'admin'

export interface ConnectionOptions {
  /** Name of the database in the API. */
  name: string
  connectionString: string
  /** Maximum number of connections per role (integer >= 1), without the two per role of `callAside`. */
  maxConnectionsPerRole: number
  /** Time after which the server cancels a statement (milliseconds). */
  statementTimeoutMs: number
  logger: Logger
  instrumentation?: Instrumentation | undefined
  /** Called when an object was missing that a statement needs. @returns Whether PgQ as a whole is gone. */
  onMissingObject?: (() => Promise<boolean>) | undefined
  /** Called when a queue was not ticked because it is misnumbered (PQ018). */
  onMisnumbered?: (() => void) | undefined
}

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
  readonly #options: ConnectionOptions
  readonly #pools = new Map<string, pg.Pool>()
  #isAdmitting = false
  /** Number of statements that run or wait for a connection. */
  #underWay = 0
  #onIdle = () => {}

  constructor(options: ConnectionOptions) {
    this.name = options.name
    this.logger = options.logger
    this.outages = new OutageLog(options.name, options.logger)
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

  /** Runs one statement as `role`. @throws as `call` of call.ts does; `UNAVAILABLE` before `admit`. */
  async call<Row>(role: Role, statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#run(role, role, {}, statement, (pool) => call<Row>(pool, statement, values))
  }

  /** Runs a statement like `call`, and keeps only the rows that fit into so many bytes: one at least. */
  async callBounded<Row>(
    role: Role,
    statement: Statement,
    values: readonly unknown[],
    maxBytes: number,
  ): Promise<BoundedRows<Row>> {
    const ask = (pool: pg.Pool) => callBounded<Row>(pool, statement, values, maxBytes)
    return this.#run(role, role, {}, statement, ask)
  }

  /**
   * Runs a quick statement that must not wait for others, on one of two separate connections per role. A connection
   * that does not answer is dropped within seconds.
   */
  async callAside<Row>(role: Role, statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    const ask = (pool: pg.Pool) => call<Row>(pool, statement, values)
    return this.#run(`${role} aside`, role, asideLimits, statement, ask)
  }

  async #run<Result>(
    poolName: string,
    role: Role,
    limits: pg.PoolConfig,
    statement: Statement,
    ask: (pool: pg.Pool) => Promise<Result>,
  ): Promise<Result> {
    if (!this.#isAdmitting) throw this.notReady()
    this.#underWay++
    try {
      const answer = ask(this.#pool(poolName, role, limits))
      return await (this.#options.instrumentation?.statement
        ? this.#instrumented(role, statement, answer)
        : answer)
    } catch (error) {
      if (await this.isGone(error)) throw this.notReady()
      if (isMisnumbered(error)) this.#options.onMisnumbered?.()
      throw error
    } finally {
      if (--this.#underWay === 0) this.#onIdle()
    }
  }

  /** Says whether a statement failed because PgQ was dropped; then it is put in place again. */
  async isGone(error: unknown): Promise<boolean> {
    return isMissingObject(error) && ((await this.#options.onMissingObject?.()) ?? false)
  }

  async #instrumented<Result>(role: Role, { name }: Statement, answer: Promise<Result>): Promise<Result> {
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
   * Makes the settings of a separate connection, such as the listener's.
   *
   * @param role Set when the connection is made, so that no statement is spent on it; undefined keeps the login's.
   * @param purpose Shown in `pg_stat_activity.application_name` after `pgq-graphql/`.
   */
  connectionConfig(role: Role | undefined, purpose: string): pg.ClientConfig {
    const { connectionString, statementTimeoutMs } = this.#options
    const given = toClientConfig(parse(connectionString))
    const settings = [
      'TimeZone=UTC',
      'DateStyle=ISO',
      'extra_float_digits=1',
      'default_transaction_isolation=read\\ committed',
    ]
    if (role) settings.push(`role=pgq_${role}`)
    return {
      ...given,
      options: [given.options, ...settings.map((setting) => `-c ${setting}`)].filter(Boolean).join(' '),
      application_name: `pgq-graphql/${purpose}`,
      types: parsers,
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
      statement_timeout: statementTimeoutMs,
      // This is reached when the server itself no longer answers.
      query_timeout: statementTimeoutMs + 5_000,
    }
  }

  #pool(name: string, role: Role, limits: pg.PoolConfig): pg.Pool {
    let pool = this.#pools.get(name)
    if (!pool) {
      pool = new pg.Pool({
        ...this.connectionConfig(role, name),
        max: this.#options.maxConnectionsPerRole,
        idleTimeoutMillis: 30_000,
        ...limits,
      })
      pool.on('error', (error) => this.logger.debug({ err: error }, 'an idle connection was lost'))
      // A server that ends a session may say so in the packet that answers the connect, before `call` can listen.
      pool.on('connect', (client) => client.on('error', () => {}))
      this.#pools.set(name, pool)
    }
    return pool
  }

  /** Refuses further statements, and resolves when those under way have finished and every connection is closed. */
  async close(): Promise<void> {
    this.#isAdmitting = false
    // A pool that ends forgets the statements that wait for a connection.
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()))
    this.#pools.clear()
  }
}

/** Limits of `callAside` (milliseconds, except `max`). */
const asideLimits = {
  max: 2,
  connectionTimeoutMillis: 3_000,
  statement_timeout: 2_000,
  query_timeout: 3_000,
}
