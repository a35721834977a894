import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { connect } from '../../src/cli/connect.ts'
import { createGateway } from '../../src/gateway/gateway.ts'
import { connectionTarget } from '../../src/postgres/connection-target.ts'
import { Database } from '../../src/postgres/database.ts'
import { startTraffic } from '../faults/traffic.ts'
import { createEmptyDatabase } from '../install/empty-database.ts'
import { runCli, startCli } from '../support/cli.ts'
import { availableEngines, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { request, requestData } from '../support/graphql.ts'
import { testLogger } from '../support/logger.ts'
import { hasPgBouncer, type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts'
import { nextEvents } from '../support/read-events.ts'
import { startTestServer } from '../support/server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Makes answers that are read with the database's own settings wrong. */
async function spoil(fixture: TestDatabase): Promise<void> {
  const admin = await fixture.connect()
  await admin.query(`alter database ${fixture.name} set DateStyle = 'SQL, DMY'`)
  await admin.query(`alter database ${fixture.name} set array_nulls = off`)
  await admin.end()
}

describe.runIf(hasPgBouncer).each(availableEngines)(
  'behind PgBouncer, which refuses options, on %s',
  (engine) => {
    test('a gateway works in session mode as without it', async () => {
      await using fixture = await createTestDatabase(engine)
      await spoil(fixture)
      await using pooler = await startPgBouncer(fixture.url, 'session')
      await using server = await startTestServer({
        engine,
        fixture,
        database: { connectionString: pooler.url },
      })
      await until(() => server.gateway.health().isReady, 'readiness')
      await requestData(
        server.url,
        `mutation {
        createQueue(input: { name: "q" }) { created }
        registerConsumer(input: { queue: "q", consumer: "c" }) { registered }
        insertEvent(input: { queue: "q", type: null, data: "x" }) { eventId }
      }`,
      )
      const [event] = await nextEvents(server.url, 'type time')
      expect(event).toEqual({ type: null, time: expect.stringMatching(/Z$/) })
      const status = await runCli(['status', '--database-url', pooler.url])
      expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining('q') })
    })
  },
)

describe.runIf(hasPgBouncer).each(availableEngines)(
  'behind PgBouncer that shares sessions, beside a direct connection, on %s',
  (engine) => {
    test('a gateway serves every kind of statement and stream, and leaves no setting behind', async () => {
      await using fixture = await createTestDatabase(engine)
      await spoil(fixture)
      await using pooler = await startPgBouncer(fixture.url, 'transaction', { default_pool_size: '2' })
      await using server = await startTestServer({ engine, fixture, database: behind(pooler, fixture) })
      await until(() => server.gateway.health().isReady, 'readiness')
      await requestData(
        server.url,
        `mutation {
        createQueue(input: { name: "q" }) { created }
        registerConsumer(input: { queue: "q", consumer: "c" }) { registered }
        insertEvent(input: { queue: "q", type: null, data: "x" }) { eventId }
      }`,
      )
      // More at once than there are sessions, and more often than the driver prepares a statement.
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          request(
            server.url,
            `mutation { insertEvent(input: { queue: "q", type: "t", data: "${n}" }) { eventId } }`,
          ),
        ),
      )
      expect(answers.filter(({ errors }) => errors)).toEqual([])
      const [event] = await nextEvents(server.url, 'type time')
      expect(event).toEqual({ type: null, time: expect.stringMatching(/Z$/) })
      const refused = await request(
        server.url,
        `mutation { insertEvent(input: { queue: "none", type: "t" }) { eventId } }`,
      )
      expect(refused.errors?.[0]?.extensions.code).toBe('QUEUE_NOT_FOUND')
      const { queues } = await requestData(server.url, '{ queues { nodes { name } } }')
      expect(queues.nodes).toEqual([{ name: 'q' }])
      expect(await settingsSeenBy(pooler)).toEqual({ path: '"$user", public', jit: 'on', role: 'none' })
    })
  },
)

describe.runIf(hasPgBouncer)('a pooler that shares sessions, beside a direct connection', () => {
  test.each(['transaction', 'statement'] as const)(
    'loses and repeats nothing in mode %s while its sessions are ended',
    { timeout: 60_000 },
    async (mode) => {
      await using fixture = await createTestDatabase()
      await using pooler = await startPgBouncer(fixture.url, mode, { default_pool_size: '3' })
      await using server = await startTestServer({ fixture, database: behind(pooler, fixture) })
      await using traffic = await startTraffic({ urls: () => [server.url], databaseUrl: fixture.url })
      const admin = await fixture.connect()
      await using _admin = { [Symbol.asyncDispose]: () => admin.end() }
      const ended = traffic.ledger.fault('end of the sessions')
      const end = `select count(pg_terminate_backend(pid))::int from pg_stat_activity
      where datname = current_database() and application_name ~ 'pgq-graphql/(reader|writer|admin)'`
      await until(async () => (await admin.query(end)).rows[0].count > 0, 'sessions to end')
      await traffic.flows()
      ended()
      await traffic.finish()
    },
  )

  test('serves by a configuration with directUrl, and so do install and status', {
    timeout: 60_000,
  }, async () => {
    await using fixture = await createTestDatabase()
    await using pooler = await startPgBouncer(fixture.url, 'transaction')
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'gateway.json')
    await writeFile(
      file,
      JSON.stringify({ databases: { main: { url: pooler.url, directUrl: fixture.url } }, port: 0 }),
    )
    expect(await runCli(['install', '--config', file])).toMatchObject({ code: 0 })
    expect(await runCli(['status', '--config', file])).toMatchObject({ code: 0 })
    await using serving = await startCli(['serve', '--config', file])
    await serving.printed(/Ready;/, 20_000)
    expect(serving.output()).toContain(`127.0.0.1:${new URL(pooler.url).port}`)
  })

  test('is refused where it leads to another database', async () => {
    await using fixture = await createTestDatabase()
    await using other = await createTestDatabase()
    await using pooler = await startPgBouncer(other.url, 'transaction')
    const gateway = createGateway({
      databases: [{ name: 'main', ...behind(pooler, fixture), ticker: false }],
      logger: testLogger(),
    })
    await using _gateway = { [Symbol.asyncDispose]: () => gateway.close() }
    gateway.start()
    const reasons = () => gateway.health().databases[0]?.reasons.join() ?? ''
    await until(() => reasons().includes('lead to two databases'), 'the refusal', { describe: reasons })
  })

  test('cancels a statement that takes longer than it may, and has a time limit of its own for each', async () => {
    await using fixture = await createTestDatabase()
    await using pooler = await startPgBouncer(fixture.url, 'transaction')
    const database = new Database({
      name: 'main',
      target: connectionTarget(pooler.url),
      directTarget: connectionTarget(fixture.url),
      maxConnectionsPerRole: 1,
      statementTimeoutMs: 100,
      logger: testLogger(),
    })
    await using _database = { [Symbol.asyncDispose]: () => database.close() }
    database.admit()
    const slow = { name: 'slow', role: 'reader', text: 'select pg_sleep($1), current_role as role' } as const
    await expect(database.call(slow, ['5'])).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(await database.call(slow, ['0'])).toEqual([{ pg_sleep: '', role: 'pgq_reader' }])
  })
})

/** Options of a database whose statements go through a pooler. */
function behind(pooler: PgBouncer, { url }: TestDatabase) {
  return { connectionString: pooler.url, directConnectionString: url }
}

/** Reads the settings that another client of the pooler finds. */
async function settingsSeenBy({ url }: PgBouncer): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const text = `select current_setting('search_path') as path, current_setting('jit') as jit, current_setting('role') as role`
  const { rows } = await client.query(text)
  await client.end()
  return rows[0]
}

test.runIf(hasPgBouncer)(
  'a gateway takes notice of a PgBouncer that is put between while it runs',
  async () => {
    await using fixture = await createTestDatabase()
    await using proxy = await startTcpProxy(fixture.url)
    await using sharing = await startPgBouncer(fixture.url, 'transaction')
    await using keeping = await startPgBouncer(fixture.url, 'session')
    await using server = await startTestServer({ fixture, database: { connectionString: proxy.url } })
    const move = (url: string) => {
      proxy.target = url
      proxy.cut()
    }
    const isServed = async () => {
      const { data } = await request(server.url, '{ queues { nodes { name } } }')
      return server.gateway.health().isReady && data?.queues.nodes
    }
    const reasons = () => server.gateway.health().databases[0]?.reasons.join() ?? ''
    for (const url of [keeping.url, fixture.url, keeping.url]) {
      move(url)
      await until(isServed, 'a moved gateway', { timeoutMs: 20_000, describe: reasons })
    }
    const isListening = () => server.gateway.health().databases[0]?.listening
    for (const [url, listens] of [
      [sharing.url, false],
      [keeping.url, true],
    ] as const) {
      move(url)
      await until(async () => (await isServed()) && isListening() === listens, 'another way of service', {
        timeoutMs: 20_000,
        describe: reasons,
      })
    }
  },
)

describe.runIf(hasPgBouncer)('PgBouncer that shares sessions', () => {
  test('serves install, status and uninstall, and no setting is left to its other clients', {
    timeout: 120_000,
  }, async () => {
    await using fixture = await createEmptyDatabase()
    await using pooler = await startPgBouncer(fixture.url, 'transaction')
    for (const command of [['install'], ['install', '--repair'], ['status'], ['uninstall', '--yes']]) {
      const end = await runCli([...command, '--database-url', pooler.url])
      expect(end, command.join()).toMatchObject({ code: 0 })
    }
    expect(await settingsSeenBy(pooler)).toEqual({ path: '"$user", public', jit: 'on', role: 'none' })
  })

  test('is refused with what to do where it allows no transactions', async () => {
    await using fixture = await createTestDatabase()
    await using pooler = await startPgBouncer(fixture.url, 'statement')
    const end = await runCli(['status', '--database-url', pooler.url])
    expect(end).toMatchObject({ code: 1, stderr: expect.stringMatching(/mode statement\. .* directUrl/) })
    expect(await settingsSeenBy(pooler)).toEqual({ path: '"$user", public', jit: 'on', role: 'none' })
  })

  test('is seen through while others keep it busy', async () => {
    await using fixture = await createTestDatabase()
    await using pooler = await startPgBouncer(fixture.url, 'transaction')
    const others = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const client = new pg.Client({ connectionString: pooler.url })
        await client.connect()
        return client
      }),
    )
    let isOver = false
    const busy = others.map(async (client) => {
      while (!isOver) await client.query('select 1')
    })
    const { client, pooling } = await connect(pooler.url, 'test')
    expect(pooling).toBe('shared')
    await client.end()
    isOver = true
    await Promise.all(busy)
    for (const client of others) await client.end()
  })

  test('runs a transaction with the settings of its client, changed ones too, and statements that cannot be in one', async () => {
    await using fixture = await createTestDatabase()
    await using pooler = await startPgBouncer(fixture.url, 'transaction')
    const { client } = await connect(pooler.url, 'test')
    await using _client = { [Symbol.asyncDispose]: () => client.end() }
    const show = `select current_setting('role') as role, current_setting('lock_timeout') as "lockTimeout"`
    const shown = async () => (await client.query(show)).rows
    await client.set({ role: 'pgq_reader', lock_timeout: '7s' })
    expect(await shown()).toEqual([{ role: 'pgq_reader', lockTimeout: '7s' }])
    await client.query('begin')
    await client.query(`set local lock_timeout = '1s'; set local jit = on`)
    expect(await shown()).toEqual([{ role: 'pgq_reader', lockTimeout: '1s' }])
    await expect(client.query('select nothing')).rejects.toMatchObject({ code: '42703' })
    await client.query('rollback')
    await client.set({ role: null })
    expect(await shown()).toEqual([{ role: 'none', lockTimeout: '7s' }])
    await client.query('vacuum pgq.queue')
    await client.query('do $$ begin commit; end $$')
    expect(await settingsSeenBy(pooler)).toEqual({ path: '"$user", public', jit: 'on', role: 'none' })
  })
})
