import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { availableEngines, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

/** Time in which a tick that does not come must be noticed: 10 s, a look, and what a busy machine takes. */
const NOTICE = { timeoutMs: 25_000 }

async function readiness(url: string): Promise<{ status: number; reasons: string[] }> {
  const response = await fetch(new URL('/health/ready', url))
  const { databases } = (await response.json()) as { databases: { reasons: string[] }[] }
  return { status: response.status, reasons: databases.flatMap(({ reasons }) => reasons) }
}

/** Starts two gateways, the second of which stands by, and makes two queues. */
async function setUp(fixture: TestDatabase) {
  const first = await startTestServer({ fixture })
  await until(() => first.database.ticker?.isLeading, 'a leader')
  const second = await startTestServer({ fixture })
  const client = await fixture.connect()
  await requestData(
    first.url,
    `mutation { a: createQueue(input: { name: "q", tickerMaxLagSeconds: 0.1 }) { created }
      b: createQueue(input: { name: "other", tickerMaxLagSeconds: 0.1 }) { created } }`,
  )
  const servers = [first, second]
  const strangers: pg.Client[] = []
  return {
    client,
    /** Connects a session that is no gateway's. */
    async stranger() {
      const session = await fixture.connect()
      strangers.push(session)
      const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
      return { session, pid: rows[0]?.pid }
    },
    // Upstream's event sequence does not show the first event of a queue; the idle period does.
    publish: (queue: string) =>
      client.query(`select pgq.insert_event($1, 'x', '') from generate_series(1, 2)`, [queue]),
    /** Waits until neither is ready, for a reason that says so. @returns All reasons of each. */
    unready: (saying = 'queue') =>
      Promise.all(
        servers.map(({ url }) =>
          until(
            async () => {
              const { status, reasons } = await readiness(url)
              return status === 503 && reasons.some((reason) => reason.includes(saying)) && reasons.join('\n')
            },
            'the end of readiness',
            NOTICE,
          ),
        ),
      ),
    ready: () =>
      Promise.all(
        servers.map(({ url }) =>
          until(
            async () => {
              const { status, reasons } = await readiness(url)
              return status === 200 && reasons.length === 0
            },
            'readiness',
            NOTICE,
          ),
        ),
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all([client, ...strangers].map((each) => each.end()))
      for (const server of servers.reverse()) await server[Symbol.asyncDispose]()
    },
  }
}

describe.each(availableEngines)('on %s, readiness of leader and standby', (engine) => {
  test('ends when a stranger holds the tick lock of a queue, and names the queue and the session', {
    timeout: 90_000,
  }, async () => {
    await using fixture = await createTestDatabase(engine)
    await using t = await setUp(fixture)
    await t.ready()
    const { session, pid } = await t.stranger()
    await session.query(`select pg_advisory_lock(1885827444, queue_id) from pgq.queue where queue_name = 'q'`)
    await t.publish('q')
    for (const reasons of await t.unready()) {
      expect(reasons).toContain(`session ${pid} ("test", role `)
      expect(reasons).toContain('queue "q"')
      expect(reasons).not.toContain('"other"')
    }
    await session.end()
    await t.ready()
  })

  test('ends when the ticker waits behind a lock of another session, and names that', {
    timeout: 90_000,
  }, async () => {
    await using fixture = await createTestDatabase(engine)
    await using t = await setUp(fixture)
    const { session, pid } = await t.stranger()
    await session.query('begin; lock table pgq.tick in share mode')
    await t.publish('q')
    // Between two tries of the ticker nobody waits behind it.
    await t.unready(`session ${pid} ("test"`)
    await session.end()
    await t.ready()
  })

  test('ends when a function of the ticker is broken, and says how', { timeout: 90_000 }, async () => {
    await using fixture = await createTestDatabase(engine)
    await using t = await setUp(fixture)
    await t.client.query('alter function pgq.ticker(text) rename to ticker_of_before')
    await t.client.query(
      `create function pgq.ticker(text) returns bigint language plpgsql as
       $$ begin raise exception 'this ticker is broken'; end $$`,
    )
    await t.publish('q')
    const [leader, standby] = await t.unready()
    expect(leader).toContain('this ticker is broken')
    expect(standby).toMatch(/is left to session \d+ \("pgq-graphql\/gateway \d+"/)
    await t.client.query('drop function pgq.ticker(text)')
    await t.client.query('alter function pgq.ticker_of_before(text) rename to ticker')
    await t.ready()
  })
})

test('readiness of a gateway without a ticker ends when nobody ticks a queue that has events, and not while it has none', {
  timeout: 60_000,
}, async () => {
  await using server = await startTestServer({ ticker: false })
  const client = await server.fixture.connect()
  await using _client = { [Symbol.asyncDispose]: () => client.end() }
  await until(async () => (await readiness(server.url)).status === 200, 'readiness')
  await requestData(
    server.url,
    `mutation { createQueue(input: { name: "paused" }) { created }
      pauseTicker: setQueueConfig(input: { name: "paused", tickerPaused: true }) { queue { name } }
      createIdle: createQueue(input: { name: "q" }) { created } }`,
  )
  await client.query(`select pgq.insert_event('paused', 'x', ''), pgq.insert_event('q', 'x', '')`)
  const { reasons } = await until(
    async () => {
      const answer = await readiness(server.url)
      return answer.status === 503 && answer
    },
    'the end of readiness',
    NOTICE,
  )
  expect(reasons).toEqual(['the tick of queue "q" fails: no ticker leads'])
  await client.query(`select pgq.force_tick('q'), pgq.ticker('q')`)
  await until(async () => (await readiness(server.url)).status === 200, 'readiness')
})
