import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'
import { availableEngines, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { request, requestData } from '../support/graphql.ts'
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts'
import { nextEvents } from '../support/read-events.ts'
import { startTestServer } from '../support/server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

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
    move(sharing.url)
    await until(() => reasons().includes('shares sessions'), 'the refusal', {
      timeoutMs: 20_000,
      describe: reasons,
    })
    move(keeping.url)
    await until(isServed, 'a gateway that is served again', { timeoutMs: 20_000, describe: reasons })
  },
)

describe.runIf(hasPgBouncer)('PgBouncer that shares sessions', () => {
  test('is refused with what to do, and no setting is left to its other clients', async () => {
    await using fixture = await createTestDatabase()
    await using pooler = await startPgBouncer(fixture.url, 'transaction')
    const end = await runCli(['status', '--database-url', pooler.url])
    expect(end).toMatchObject({ code: 1, stderr: expect.stringMatching(/shares sessions .* session mode/) })
    const other = new pg.Client({ connectionString: pooler.url })
    await other.connect()
    const text = `select current_setting('search_path') as path, current_setting('jit') as jit`
    expect((await other.query(text)).rows).toEqual([{ path: '"$user", public', jit: 'on' }])
    await other.end()
  })

  test('is refused while others keep it busy', async () => {
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
    const end = await runCli(['status', '--database-url', pooler.url])
    expect(end).toMatchObject({ code: 1, stderr: expect.stringContaining('shares sessions') })
    isOver = true
    await Promise.all(busy)
    for (const client of others) await client.end()
  })
})
