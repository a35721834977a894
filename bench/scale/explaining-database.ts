import type pg from 'pg'
import { pino } from 'pino'
import type { BoundedRows } from '../../src/postgres/bounded-query.ts'
import type { Query, Statement } from '../../src/postgres/call.ts'
import { connectionTarget } from '../../src/postgres/connection-target.ts'
import { Database } from '../../src/postgres/database.ts'

/** Cost of one statement. */
export interface Cost {
  /** Times of its executions after the first, with planning and transport (milliseconds). */
  ms: number[]
  /** Blocks that one execution touched, those of the functions that it calls included. */
  buffers: number
}

/**
 * Stands for a database before the resolvers: runs the statements that they send over one connection, as prepared
 * statements, and records what each costs. What is done through it is undone.
 */
export class ExplainingDatabase extends Database {
  readonly #client: pg.Client
  /** Costs of what is measured, by the names of statements. */
  #costs = new Map<string, Cost>()
  #isExplaining = false

  constructor(client: pg.Client, url: string) {
    super({
      name: 'main',
      target: connectionTarget(url),
      maxConnectionsPerRole: 1,
      statementTimeoutMs: 0,
      logger: pino({ level: 'silent' }),
    })
    this.#client = client
  }

  /** Does the work often enough for PostgreSQL to settle on its plans; the last time its statements are explained. */
  async measure(work: () => Promise<unknown>, times: number): Promise<Map<string, Cost>> {
    this.#costs = new Map()
    for (let n = 0; n <= times; n++) {
      this.#isExplaining = n === times
      await this.#client.query('begin')
      try {
        await work()
      } finally {
        await this.#client.query('rollback')
      }
    }
    return this.#costs
  }

  /** Runs a statement whose answer does not matter: the last time it is explained alone, since a tick must be its transaction's first. */
  async ask(statement: Query, values: unknown[]): Promise<void> {
    if (this.#isExplaining) await this.#explain(statement, values)
    else await this.#run(statement, values)
  }

  override async call<Row>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#run<Row>(statement, values)
  }

  override async callBounded<Row>(
    statement: Statement,
    values: readonly unknown[],
  ): Promise<BoundedRows<Row>> {
    return { rows: await this.#run<Row>(statement, values), isCut: false, meanBytes: 0 }
  }

  override callAside<Row>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.call<Row>(statement, values)
  }

  async #run<Row>(statement: Query, given: readonly unknown[]): Promise<Row[]> {
    const { name, text } = statement
    const values = [...given]
    if (this.#isExplaining) await this.#explain(statement, values)
    const startedMs = performance.now()
    const { rows } = await this.#client.query<Row & pg.QueryResultRow>({ name, text, values })
    const tookMs = performance.now() - startedMs
    const cost = this.#costs.get(name)
    if (cost) cost.ms.push(tookMs)
    else this.#costs.set(name, { ms: [], buffers: 0 })
    return rows
  }

  async #explain({ name, text }: Query, values: unknown[]): Promise<void> {
    await this.#client.query('savepoint before_explain')
    const { rows } = await this.#client.query({
      text: `explain (analyze, buffers, timing off, format json) ${text}`,
      values,
    })
    await this.#client.query('rollback to before_explain')
    const { Plan: plan } = (rows[0] as { 'QUERY PLAN': [{ Plan: Record<string, number> }] })['QUERY PLAN'][0]
    const cost = this.#costs.get(name)
    if (cost) cost.buffers = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
  }
}
