import pg from 'pg'
import type { TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'

/** Named connections to one database, made when first used and ended together. */
export class Sessions implements AsyncDisposable {
  readonly #database: TestDatabase
  readonly #clients = new Map<string, Promise<pg.Client>>()

  constructor(database: TestDatabase) {
    this.#database = database
  }

  async client(name: string): Promise<pg.Client> {
    let client = this.#clients.get(name)
    if (!client) {
      client = this.#database.connect()
      this.#clients.set(name, client)
    }
    return client
  }

  /** Runs SQL in the session `main`. @returns the first column of the last result, as text. */
  ask(sql: string): Promise<(string | null)[]> {
    return this.askIn('main', sql)
  }

  async askIn(name: string, sql: string): Promise<(string | null)[]> {
    const client = await this.client(name)
    const types: pg.CustomTypesConfig = { getTypeParser: () => (value: unknown) => value }
    const result = await client.query<(string | null)[]>({ text: sql, rowMode: 'array', types })
    const last = Array.isArray(result) ? (result as pg.QueryArrayResult<(string | null)[]>[]).at(-1) : result
    return (last?.rows ?? []).map((row) => row[0] ?? null)
  }

  /** Runs SQL. @returns the SQLSTATE of its failure, or null. */
  async failure(name: string, sql: string): Promise<string | null> {
    try {
      await this.askIn(name, sql)
      return null
    } catch (error) {
      if (error instanceof pg.DatabaseError) return error.code ?? null
      throw error
    }
  }

  /** Resolves when the session waits for a lock. */
  async isBlocked(name: string): Promise<boolean> {
    const { processID } = (await this.client(name)) as pg.Client & { processID: number }
    const [isWaiting] = await this.ask(
      `select (wait_event_type = 'Lock')::int from pg_stat_activity where pid = ${processID}`,
    )
    return isWaiting === '1'
  }

  /** Opens, reads and finishes batches until there is none. @returns ev_data of each event, in order of delivery. */
  async consume(queue = 'q', consumer = 'c'): Promise<(string | null)[]> {
    const data: (string | null)[] = []
    for (;;) {
      const [batch] = await this.ask(`select pgq.next_batch('${queue}', '${consumer}')`)
      if (batch === null) return data
      data.push(...(await this.ask(`select ev_data from pgq.get_batch_events(${batch})`)))
      await this.ask(`select pgq.finish_batch(${batch})`)
    }
  }

  /**
   * Ticks `q` and consumes it until the tick at which `c` stands lies wholly after the last rotation, so that the
   * engine searches only the current table. Open transactions of other tests on the same server delay that; one in
   * this database prevents it, as does a rotation that is half done: then this gives up.
   */
  async passRotation(): Promise<void> {
    await until(async () => {
      await this.ask(`select pgq.ticker('q')`)
      await this.consume()
      const [isPast] = await this.ask(
        `select (queue_switch_step2 is null or txid_snapshot_xmin(tick_snapshot) > queue_switch_step2 or exists (
                  select 1 from pg_stat_activity where datname = current_database()
                     and backend_xid::text::bigint < queue_switch_step2))::int
           from pgq.subscription join pgq.tick on tick_queue = sub_queue and tick_id = sub_last_tick
           join pgq.queue on queue_id = sub_queue and queue_name = 'q'`,
      )
      return isPast === '1'
    }, 'a tick that is wholly after the rotation')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const clients = await Promise.all(this.#clients.values())
    await Promise.all(clients.map((client) => client.end()))
  }
}

/** SQL that makes queue `q`, which ticks and rotates at each call, with consumer `c`. */
export const setup = `select pgq.create_queue('q');
  update pgq.queue set queue_ticker_max_lag = '0', queue_ticker_idle_period = '0', queue_rotation_period = '0';
  select pgq.register_consumer('q', 'c')`
