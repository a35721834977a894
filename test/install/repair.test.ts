import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { serverUser } from '../../src/embedded/server-user.ts'
import { installEngine } from '../../src/install/install.ts'
import { startChild } from '../support/child.ts'
import { runCli } from '../support/cli.ts'
import { startCluster, type TestCluster } from '../support/cluster.ts'
import { availableEngines, createTestDatabase } from '../support/database.ts'
import { engineChoice, postgresOf } from '../support/engines.ts'
import { binariesOf } from '../support/installations.ts'
import { hasPeers } from '../support/pgqd.ts'
import { shiftTransactionIds } from '../support/shift-transaction-ids.ts'
import { createEmptyDatabase } from './empty-database.ts'

const dumpable = availableEngines.filter((engine) => postgresOf(engine) === 15)
const repair = { engine: 'auto', repair: true } as const

describe.runIf(hasPeers && dumpable.length > 0)('a dump of a server whose epoch was raised', () => {
  let source: TestCluster

  beforeAll(async () => {
    source = await startCluster(15)
    await source.stop()
    const { directory } = await binariesOf(15)
    const user = await serverUser(source.dataDirectory)
    await promisify(execFile)(`${directory}/pg_resetwal`, ['-e', '7', source.dataDirectory], { ...user })
    await source.start()
  }, 60_000)

  afterAll(() => source[Symbol.asyncDispose]())

  it.each(dumpable)(
    'is repaired, restored from %s, so that consumers, members and retries go on where they were',
    { timeout: 60_000 },
    async (engine) => {
      const name = engine.replace('-', '_')
      const url = source.url.replace(/postgres$/, name)
      await run(source.url, (admin) => admin.query(`create database ${name}`))
      const batch = await run(url, async (client) => {
        await installEngine(client, { engine: engineChoice(engine) })
        return fill(client)
      })
      await using target = await createEmptyDatabase(engine)
      await copy(url, target.url)
      const client = await target.connect()
      await client.query(`select pgq.insert_event('q', 't', 'published since')`)
      await expect(client.query(`select pgq.ticker('q')`)).rejects.toThrow(/Invalid PgQ state/)

      const environment = { DATABASE_URL: target.url }
      const plan = await runCli(['install', '--repair', '--dry-run'], { environment })
      expect(plan).toMatchObject({ code: 0 })
      await expect(client.query(`select pgq.ticker('q')`)).rejects.toThrow(/Invalid PgQ state/)
      const done = await runCli(['install', '--repair'], { environment })
      expect(done).toMatchObject({ code: 0 })
      const lines = done.stdout.trimEnd().split('\n')
      expect(lines).toContain(
        'gave 4 ticks and 5 events of queue q transaction ids of this server; 2 of the events come with its next tick',
      )
      expect(plan.stdout.trimEnd().split('\n')).toEqual([
        'Nothing was changed. An installation would have:',
        ...lines.slice(0, -1).map((line) => `  ${line}`),
      ])
      const again = await runCli(['install', '--repair'], { environment })
      expect(again).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^Nothing to repair\.\nPgQ 3\./),
      })

      expect(await eventsOf(client, batch)).toEqual(['second'])
      await client.query('select pgq.finish_batch($1), pgq.maint_retry_events()', [batch])
      await client.query(`select pgq.force_tick('q')`)
      await client.query(`select pgq.ticker('q')`)
      expect(await consume(client, 'c')).toEqual(['third', 'first', 'not ticked', 'published since'])
      expect(await consume(client, 'new')).toEqual(['not ticked', 'published since'])
      const { rows } = await client.query(`select pgq_coop.next_batch('q', 'm', 's') as id`)
      expect(await eventsOf(client, rows[0].id)).toEqual(['first'])

      await client.query(
        `select pgq.create_queue('made later'), pgq.register_consumer('made later', 'registered later')`,
      )
      const { rows: subscriptions } = await client.query(
        'select count(*)::int, count(distinct sub_id)::int as ids from pgq.subscription',
      )
      // A member shares the id of its group.
      expect(subscriptions).toEqual([{ count: 6, ids: 5 }])
    },
  )
})

test.each(availableEngines)(
  'a queue of %s with more ticks than the server has given out transaction ids is repaired',
  async (engine) => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    try {
      const ticks = await makeManyTicks(client)
      await client.query('begin; select txid_current()')
      await using blocked = await second(database.url)
      await expect(installEngine(blocked.client, repair)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(/older than every open transaction/),
      })
      await client.query('rollback')
      expect((await installEngine(client, { ...repair, dryRun: true })).repairs).toHaveLength(1)
      expect((await installEngine(client, repair)).repairs).toEqual([
        expect.stringMatching(new RegExp(`^gave ${ticks} ticks and 1 events of queue q `)),
      ])
      await client.query(`select pgq.register_consumer_at('q', 'c', $1)`, [ticks])
      expect(await consume(client, 'c')).toEqual(['old'])
    } finally {
      await client.end()
    }
  },
)

test.each(availableEngines)(
  'a repair of %s waits seconds for an open transaction, and says what to do',
  async (engine) => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    try {
      await client.query(`select pgq.create_queue('q')`)
      await shiftTransactionIds(client, 7n << 32n)
      await using other = await second(database.url)
      await other.client.query(`begin; select pgq.insert_event('q', 't', 'open')`)
      await expect(installEngine(client, repair)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(/^A transaction that has used PgQ stays open.*pg_locks/),
      })
      await other.client.query('commit')
      expect((await installEngine(client, repair)).repairs).toHaveLength(1)
    } finally {
      await client.end()
    }
  },
)

test.each(availableEngines)('a login without the rights of the owner may not repair %s', async (engine) => {
  await using database = await createEmptyDatabase(engine)
  const client = await database.connect()
  await installEngine(client, { engine: engineChoice(engine) })
  await client.query(`select pgq.create_queue('q')`)
  await shiftTransactionIds(client, 7n << 32n)
  const login = await database.createLogin('in role pgq_admin')
  await expect(installEngine(await database.connect(login), repair)).rejects.toMatchObject({
    code: 'FORBIDDEN',
  })
  await expect(client.query(`select pgq.ticker('q')`)).rejects.toThrow(/Invalid PgQ state/)
})

test.each(availableEngines)(
  'ids that catch up before the repair of %s hide nothing that was published meanwhile',
  async (engine) => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    try {
      await client.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
      await shiftTransactionIds(client, 50n)
      await client.query('select pgq_gateway.note_misnumbered_queues(array(select queue_id from pgq.queue))')
      await client.query(`select pgq.insert_event('q', 't', 'hidden')`)
      await client.query(
        'do $$ begin for n in 1 .. 100 loop perform txid_current(); commit; end loop; end $$',
      )
      await expect(client.query(`select pgq_gateway.tick('q', true)`)).rejects.toMatchObject({
        code: 'PQ018',
      })
      await installEngine(client, repair)
      await client.query(`select pgq_gateway.tick('q', true)`)
      expect(await consume(client, 'c')).toEqual(['hidden'])
    } finally {
      await client.end()
    }
  },
)

test('no second rotation of our engine truncates what a consumer at a tick that is ahead has not read', async () => {
  await using database = await createTestDatabase()
  const client = await database.connect()
  try {
    await client.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
    await client.query(`select pgq.set_queue_config('q', 'rotation_period', '0')`)
    await client.query(`update pgq.tick set tick_snapshot = '900000000:900000000:'`)
    await expect(client.query(`select pgq.maint_rotate_tables_step1('q')`)).rejects.toMatchObject({
      code: 'PQ016',
    })
  } finally {
    await client.end()
  }
})

test('our engine makes no tick while xmax alone of the newest is ahead', async () => {
  await using database = await createTestDatabase()
  const client = await database.connect()
  try {
    await client.query(`select pgq.create_queue('q')`)
    await client.query(`update pgq.tick set tick_snapshot = '5:900000000:5'`)
    await expect(client.query(`select pgq.ticker('q')`)).rejects.toMatchObject({ code: 'PQ016' })
  } finally {
    await client.end()
  }
})

/**
 * Makes a queue with two batches, the first of which consumer c has finished but for a retry, a member holds and consumer new
 * has passed; returns the second, which c holds.
 */
async function fill(client: pg.Client): Promise<string> {
  const tick = async (data: string) => {
    await client.query(`select pgq.insert_event('q', 't', $1)`, [data])
    await client.query(`select pgq.force_tick('q')`)
    await client.query(`select pgq.ticker('q')`)
  }
  await client.query(`select pgq.create_queue('q'), pgq.create_queue('idle')`)
  await client.query(`select pgq.register_consumer('q', 'c'), pgq.register_consumer('idle', 'c')`)
  await client.query(`select pgq_coop.register_subconsumer('q', 'm', 's')`)
  await tick('first')
  await client.query(`select pgq_coop.next_batch('q', 'm', 's')`)
  await client.query(`select pgq.event_retry(pgq.next_batch('q', 'c'), 1, 0)`)
  await client.query(`select pgq.finish_batch(pgq.next_batch('q', 'c'))`)
  await tick('second')
  const { rows } = await client.query<{ id: string }>(`select pgq.next_batch('q', 'c') as id`)
  await tick('third')
  await client.query(`select pgq.register_consumer('q', 'new')`)
  await client.query(`select pgq.insert_event('q', 't', 'not ticked')`)
  return rows[0]?.id ?? ''
}

/** Makes more ticks than there are transaction ids, all ahead, and an event after the last. @returns how many. */
async function makeManyTicks(client: pg.Client): Promise<number> {
  await client.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
  await client.query(`insert into pgq.tick (tick_queue, tick_id, tick_snapshot, tick_event_seq)
    select queue_id, n, txid_current_snapshot(), 1 from pgq.queue, generate_series(2, txid_current() + 500) n`)
  await client.query(`select pgq.insert_event('q', 't', 'old')`)
  await client.query(`select setval('pgq.event_1_tick_seq', (select max(tick_id) from pgq.tick))`)
  await shiftTransactionIds(client, 7n << 32n)
  const { rows } = await client.query<{ count: number }>('select count(*)::int from pgq.tick')
  return rows[0]?.count ?? 0
}

async function eventsOf(client: pg.Client, batch: string): Promise<string[]> {
  const { rows } = await client.query<{ ev_data: string }>(
    'select ev_data from pgq.get_batch_events($1) order by ev_id',
    [batch],
  )
  return rows.map((row) => row.ev_data)
}

/** Ticks, then consumes up to the newest tick. */
async function consume(client: pg.Client, consumer: string): Promise<string[]> {
  await client.query(`select pgq.force_tick('q')`)
  await client.query(`select pgq.ticker('q')`)
  const data: string[] = []
  for (;;) {
    const { rows } = await client.query<{ id: string | null }>(`select pgq.next_batch('q', $1) as id`, [
      consumer,
    ])
    const id = rows[0]?.id
    if (id === null || id === undefined) return data
    data.push(...(await eventsOf(client, id)))
    await client.query('select pgq.finish_batch($1)', [id])
  }
}

async function copy(from: string, to: string): Promise<void> {
  await using dump = startChild('pg_dump', ['--dbname', from])
  expect(await dump.ended(60_000), dump.stderr()).toEqual({ code: 0, signal: null })
  const args = ['--dbname', to, '--quiet', '--no-psqlrc', '-v', 'ON_ERROR_STOP=1']
  await using psql = startChild('psql', args, { input: dump.stdout() })
  expect(await psql.ended(60_000), psql.output()).toEqual({ code: 0, signal: null })
}

async function second(url: string): Promise<{ client: pg.Client } & AsyncDisposable> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

async function run<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  await using connection = await second(url)
  return await work(connection.client)
}
