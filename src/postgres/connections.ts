import { randomInt } from 'node:crypto'
import { EventEmitter } from 'node:events'
import pg from 'pg'
import { parse, toClientConfig } from 'pg-connection-string'
import type { Logger } from 'pino'
import { backoffMs, sleep } from '../async/backoff.ts'
import { PgqError } from '../errors.ts'
import { type EngineChoice, type EngineFacts, installEngine } from '../install/install.ts'
import { call, type Statement } from './call.ts'
import { parsers } from './parsers.ts'

/** A role of PgQ, in ascending power except that reader and writer are siblings. */
export type Role = 'reader' | 'writer' | 'admin'

export interface DatabaseOptions {
  /** How the API calls this database; one is always named `main`. Letters, digits, `_` and `-`. */
  name: string
  connectionString: string
  /** Which engine to install where none is found. Default `auto`. */
  engine?: EngineChoice
  /** Connections per role, integer >= 1, without the two per role of `callAside`. Default 10. */
  maxConnectionsPerRole?: number
  /** A statement is cancelled on the server after this. Milliseconds, default 30,000. */
  statementTimeoutMs?: number
  logger: Logger
}

interface DatabaseEvents {
  /** Events were published to this queue through this process and are committed. */
  published: [queue: string]
  /** A batch was settled through this process and that is committed. */
  settled: [batchId: string]
  /** The engine is in place; emitted once. */
  ready: []
}

/**
 * A PostgreSQL database with PgQ in it: a pool per role and the facts about the engine found there.
 *
 * `open` starts connecting and returns at once; until `ready` has happened, `call` throws `UNAVAILABLE`. After that
 * the pools mend themselves: a database that goes away and returns needs no restart of the gateway.
 */
export class Database extends EventEmitter<DatabaseEvents> {
  readonly name: string
  /** Identity of this process towards other gateways on the same database: an int4, chosen by chance. */
  readonly gatewayId = randomInt(1, 2 ** 31 - 1)
  readonly #options: Required<DatabaseOptions>
  readonly #pools = new Map<string, pg.Pool>()
  readonly #closing = new AbortController()
  #facts: EngineFacts | undefined
  #statementCount = 0
  #opening: Promise<void> | undefined

  constructor(options: DatabaseOptions) {
    super()
    this.setMaxListeners(0)
    this.name = options.name
    this.#options = { engine: 'auto', maxConnectionsPerRole: 10, statementTimeoutMs: 30_000, ...options }
  }

  get logger(): Logger {
    return this.#options.logger
  }

  get isReady(): boolean {
    return this.#facts !== undefined && !this.#closing.signal.aborted
  }

  /** What was found at the last successful start. @throws PgqError `UNAVAILABLE` before the first. */
  get facts(): EngineFacts {
    if (!this.#facts) throw this.#notReady()
    return this.#facts
  }

  /** Connects and installs what is missing, trying again for ever; resolves when that is done or at `close`. */
  open(): Promise<void> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  async #open(): Promise<void> {
    for (let attempt = 0; !this.#closing.signal.aborted; attempt++) {
      try {
        this.#facts = await this.#install()
        this.emit('ready')
        return
      } catch (error) {
        const delayMs = backoffMs(attempt, { firstMs: 250, maxMs: 5_000 })
        const reason = error instanceof AggregateError ? error.errors.map(String).join('; ') : String(error)
        this.logger.warn(
          `Database ${this.name} is not ready, next try in ${(delayMs / 1000).toFixed(1)} s: ${reason}`,
        )
        await sleep(delayMs, this.#closing.signal)
      }
    }
  }

  async #install(): Promise<EngineFacts> {
    const client = new pg.Client({ ...this.connectionConfig(undefined, 'install'), statement_timeout: 0 })
    client.on('error', () => {})
    try {
      await client.connect()
      const report = await installEngine(client, { engine: this.#options.engine })
      for (const action of report.actions) this.logger.info(`Database ${this.name}: ${action}`)
      for (const warning of report.warnings) this.logger.warn(`Database ${this.name}: ${warning}`)
      return report.facts
    } finally {
      await client.end().catch(() => {})
    }
  }

  /** Statements sent through `call` since the start. */
  get statementCount(): number {
    return this.#statementCount
  }

  /** Runs one statement as `role`. @throws as `call` of call.ts does; `UNAVAILABLE` before `ready`. */
  async call<Row>(role: Role, statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    if (!this.isReady) throw this.#notReady()
    this.#statementCount++
    return call<Row>(this.#pool(role, role), statement, values)
  }

  /**
   * `call` for a quick statement that must not wait for others: on two connections of its own per role, of which one that
   * does not answer is given up in seconds.
   */
  async callAside<Row>(role: Role, statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    if (!this.isReady) throw this.#notReady()
    this.#statementCount++
    return call<Row>(this.#pool(`${role} aside`, role, asideLimits), statement, values)
  }

  /**
   * Settings for a connection of one's own, such as the listener's and the ticker's.
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

  #pool(name: string, role: Role, limits: pg.PoolConfig = {}): pg.Pool {
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

  #notReady(): PgqError {
    return new PgqError(
      'UNAVAILABLE',
      `Database ${this.name} is not ready; the server keeps trying to reach it.`,
    )
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#opening
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()))
    this.#pools.clear()
  }
}

/** Of `callAside`. Milliseconds but for `max`. */
const asideLimits = {
  max: 2,
  connectionTimeoutMillis: 3_000,
  statement_timeout: 2_000,
  query_timeout: 3_000,
}
