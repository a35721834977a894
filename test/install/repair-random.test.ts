import type pg from 'pg'
import { expect, test } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { availableEngines, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createRandom, type Random, seededRandom } from '../support/random.ts'
import { shiftTransactionIds } from '../support/shift-transaction-ids.ts'

const consumers = ['eager', 'lazy', 'stuck'] as const
const runs = Number(process.env.PGQ_REPAIRS ?? 6)
const epochs = 7n << 32n

/**
 * A queue with its consumers, and what each of them is owed. Events are told apart by their data. Long transactions, savepoints,
 * retries and rotations are among what happens.
 */
class Ledger {
  readonly #client: pg.Client
  readonly #long: pg.Client
  readonly #random: Random
  #isLong = false
  #pending: string[] = []
  #count = 0
  #published: string[] = []
  /** By consumer and event: how often it was in a batch that was finished, less how often it was retried. */
  readonly received = new Map<string, Map<string, number>>(consumers.map((name) => [name, new Map()]))
  readonly #retried = new Map<string, Map<string, number>>(consumers.map((name) => [name, new Map()]))

  constructor(client: pg.Client, long: pg.Client, random: Random) {
    this.#client = client
    this.#long = long
    this.#random = random
  }

  async open(): Promise<void> {
    await this.#client.query(
      `select pgq.create_queue('q'); select pgq.set_queue_config('q', 'rotation_period', '0')`,
    )
    for (const name of consumers)
      await this.#client.query('select pgq.register_consumer($1, $2)', ['q', name])
  }

  async step({ mayRotate }: { mayRotate: boolean }): Promise<void> {
    const steps = [
      () => this.insert(),
      () => this.insert(),
      () => this.#insertInSavepoint(),
      () => (this.#isLong ? this.endLong() : this.#beginLong()),
      () => this.tick(),
      () => this.tick(),
      () => this.#consume('eager'),
      () => this.#consume('eager'),
      () => this.#consume('lazy'),
      () => this.#open('stuck'),
      () => this.#client.query('select pgq.maint_retry_events()'),
      () => (mayRotate ? this.#rotate() : this.insert()),
    ]
    await this.#random.pick(steps)()
  }

  async insert(): Promise<void> {
    const count = 1 + this.#random.below(3)
    for (let n = 0; n < count; n++) this.#published.push(await this.#insert(this.#client))
  }

  async tick(): Promise<void> {
    await this.#client.query(`select pgq.force_tick('q')`)
    await this.#client.query(`select pgq.ticker('q')`).catch(() => {})
  }

  async endLong(): Promise<void> {
    if (!this.#isLong) return
    this.#isLong = false
    const commits = this.#random.below(3) > 0
    await this.#long.query(commits ? 'commit' : 'rollback')
    if (commits) this.#published.push(...this.#pending)
    this.#pending = []
  }

  /** Ticks and consumes until nothing is left. */
  async drain(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await this.#client.query('select pgq.maint_retry_events()')
      await this.tick()
      for (const name of consumers) while (await this.#consume(name, 0)) {}
    }
  }

  /** By consumer: events that never came, and how many more than they should have. */
  balance(): { lost: string[]; again: string[] } {
    const lost: string[] = []
    const again: string[] = []
    for (const name of consumers) {
      for (const data of this.#published) {
        const received = this.received.get(name)?.get(data) ?? 0
        const due = 1 + (this.#retried.get(name)?.get(data) ?? 0)
        if (received < due) lost.push(`${name}: ${data}`)
        if (received > due) again.push(`${name}: ${data}`)
      }
    }
    return { lost, again }
  }

  async #insert(client: pg.Client): Promise<string> {
    const data = `event ${++this.#count}`
    await client.query(`select pgq.insert_event('q', 't', $1)`, [data])
    return data
  }

  async #insertInSavepoint(): Promise<void> {
    await this.#client.query('begin; savepoint s')
    await this.#insert(this.#client)
    await this.#client.query('rollback to s; savepoint s')
    const kept = await this.#insert(this.#client)
    await this.#client.query('release s; commit')
    this.#published.push(kept)
  }

  async #beginLong(): Promise<void> {
    this.#isLong = true
    await this.#long.query('begin')
    this.#pending.push(await this.#insert(this.#long))
  }

  async #open(name: string): Promise<string | null> {
    const { rows } = await this.#client.query<{ id: string | null }>('select pgq.next_batch($1, $2) as id', [
      'q',
      name,
    ])
    return rows[0]?.id ?? null
  }

  async #consume(name: string, retryShare = 0.1): Promise<boolean> {
    const batch = await this.#open(name)
    if (batch === null) return false
    const { rows } = await this.#client.query<{ ev_id: string; ev_data: string }>(
      'select ev_id, ev_data from pgq.get_batch_events($1)',
      [batch],
    )
    const ids = rows.map(({ ev_id }) => Number(ev_id))
    expect(ids).toEqual([...ids].sort((a, b) => a - b))
    for (const { ev_id, ev_data } of rows) {
      add(this.received.get(name), ev_data)
      if (this.#random.next() >= retryShare) continue
      const answer = await this.#client.query<{ done: number }>('select pgq.event_retry($1, $2, 0) as done', [
        batch,
        ev_id,
      ])
      if (answer.rows[0]?.done === 1) add(this.#retried.get(name), ev_data)
    }
    await this.#client.query('select pgq.finish_batch($1)', [batch])
    return true
  }

  async #rotate(): Promise<void> {
    await this.#client.query(`select pgq.maint_rotate_tables_step1('q')`)
    await this.#client.query('select pgq.maint_rotate_tables_step2()')
  }
}

function add(counts: Map<string, number> | undefined, data: string): void {
  counts?.set(data, (counts.get(data) ?? 0) + 1)
}

async function run(
  database: TestDatabase,
  random: Random,
): Promise<{ by: bigint; lost: string[]; again: string[] }> {
  const client = await database.connect()
  const long = await database.connect()
  try {
    const ledger = new Ledger(client, long, random)
    await ledger.open()
    const steps = async (mayRotate: boolean) => {
      for (let left = random.below(40); left > 0; left--) await ledger.step({ mayRotate })
    }
    await steps(true)
    await ledger.endLong()
    const by = random.pick([epochs, epochs, 10_000n, 100n, BigInt(1 + random.below(30))])
    await shiftTransactionIds(client, by)
    await client.query('select pgq_gateway.note_misnumbered_queues(array(select queue_id from pgq.queue))')
    await steps(false)
    await ledger.endLong()
    await installEngine(client, { engine: 'auto', repair: true })
    await steps(true)
    await ledger.endLong()
    await ledger.drain()
    return { by, ...ledger.balance() }
  } finally {
    await client.end()
    await long.end()
  }
}

test.each(availableEngines)(
  'after a dump of %s was restored and repaired, every consumer gets every event that it had not finished',
  { timeout: 120_000 },
  async (engine) => {
    const { seed } = createRandom('PGQ_REPAIR_SEED')
    for (let n = 0; n < runs; n++) {
      await using database = await createTestDatabase(engine)
      const { by, lost, again } = await run(database, seededRandom(seed + n))
      expect(
        { lost, again: by === epochs ? again : [] },
        `PGQ_REPAIR_SEED=${seed + n}, ids ${by} lower`,
      ).toEqual({
        lost: [],
        again: [],
      })
    }
  },
)
