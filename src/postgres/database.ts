import { randomInt } from 'node:crypto'
import pg from 'pg'
import { parse, toClientConfig } from 'pg-connection-string'
import type { Logger } from 'pino'
import { type ErrorCode, PgqError } from '../errors.ts'
import type { Instrumentation } from '../instrumentation.ts'
import { call, type Statement } from './call.ts'
import { parsers } from './parsers.ts'

/** A role of PgQ, in ascending power except that reader and writer are siblings. */
export type Role = 'reader' | 'writer' | 'admin'

export interface ConnectionOptions {
  /** How the API calls this database. */
  name: string
  connectionString: string
  /** Connections per role, integer >= 1, without the two per role of `callAside`. */
  maxConnectionsPerRole: number
  /** The server cancels a statement after this. Milliseconds. */
  statementTimeoutMs: number
  logger: Logger
  instrumentation?: Instrumentation | undefined
}

/**
 * The connections to one PostgreSQL database: a pool per role. It refuses statements with `UNAVAILABLE` until `admit`.
 * After that the pools mend themselves: a database that goes away and returns needs no restart.
 */
export class Database {
  readonly name: string
  readonly logger: Logger
  /** Identity of this process towards other gateways on the same database: an int4, chosen by chance. */
  readonly gatewayId = randomInt(1, 2 ** 31 - 1)
  readonly #options: ConnectionOptions
  readonly #pools = new Map<string, pg.Pool>()
  #isAdmitting = false

  constructor(options: ConnectionOptions) {
    this.name = options.name
    this.logger = options.logger
    this.#options = options
  }

  /** Lets statements through, once PgQ is in place. */
  admit(): void {
    this.#isAdmitting = true
  }

  get isReady(): boolean {
    return this.#isAdmitting
  }

  /** @returns The error of a statement that comes before `admit` or after `close`. */
  notReady(): PgqError {
    return new PgqError(
      'UNAVAILABLE',
      `Database ${this.name} is not ready; the server keeps trying to reach it.`,
    )
  }

  /** Runs one statement as `role`. @throws as `call` of call.ts does; `UNAVAILABLE` before `admit`. */
  async call<Row>(role: Role, statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#run<Row>(role, role, {}, statement, values)
  }

  /**
   * Runs a quick statement that must not wait for others: on two connections of its own per role, of which one that does
   * not answer is given up in seconds.
   */
  async callAside<Row>(role: Role, statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#run<Row>(`${role} aside`, role, asideLimits, statement, values)
  }

  async #run<Row>(
    poolName: string,
    role: Role,
    limits: pg.PoolConfig,
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    if (!this.#isAdmitting) throw this.notReady()
    const answer = call<Row>(this.#pool(poolName, role, limits), statement, values)
    return this.#options.instrumentation?.statement ? this.#told(role, statement, answer) : answer
  }

  async #told<Row>(role: Role, { name }: Statement, answer: Promise<Row[]>): Promise<Row[]> {
    const startedMs = performance.now()
    const tell = (code: ErrorCode | null) =>
      this.#options.instrumentation?.statement?.({
        database: this.name,
        name,
        role,
        durationMs: performance.now() - startedMs,
        code,
      })
    try {
      const rows = await answer
      tell(null)
      return rows
    } catch (error) {
      tell(error instanceof PgqError ? error.code : 'INTERNAL')
      throw error
    }
  }

  /**
   * Gives the settings for a connection of one's own, such as the listener's.
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
      // Only reached when the server itself no longer answers.
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
      // A server that ends a session may say so in the same packet that answers the connect, before `call` can listen.
      pool.on('connect', (client) => client.on('error', () => {}))
      this.#pools.set(name, pool)
    }
    return pool
  }

  /** Refuses further statements, and resolves when those under way are over and no connection is left. */
  async close(): Promise<void> {
    this.#isAdmitting = false
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()))
    this.#pools.clear()
  }
}

/** Limits of `callAside`. Milliseconds but for `max`. */
const asideLimits = {
  max: 2,
  connectionTimeoutMillis: 3_000,
  statement_timeout: 2_000,
  query_timeout: 3_000,
}
