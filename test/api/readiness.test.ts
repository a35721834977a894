import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { createTestDatabase, eachEngine, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

/** Time in which a tick that does not come must be noticed: 10 s, a look, and what a busy machine takes. */
const NOTICE = { timeoutMs: 25_000 }
/** After failures the ticker waits for up to 30 s before it tries again. */
const RECOVERY = { timeoutMs: 45_000 }

interface Readiness {
  status: number
  reasons: string[]
  warnings: string[]
}

async function readiness(url: string): Promise<Readiness> {
  const response = await fetch(new URL('/health/ready', url))
  const { databases } = (await response.json()) as { databases: [Readiness] }
  const [{ reasons, warnings }] = databases
  return { status: response.status, reasons, warnings }
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
  const eachSays = <T>(what: string, look: (readiness: Readiness) => T, deadline = NOTICE) =>
    Promise.all(servers.map(({ url }) => until(async () => look(await readiness(url)), what, deadline)))
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
      eachSays('the end of readiness', ({ status, reasons }) => {
        return status === 503 && reasons.some((reason) => reason.includes(saying)) && reasons.join('\n')
      }),
    /** Waits until both are ready and warn of something that says so. @returns All warnings of each. */
    warned: (saying: string) =>
      eachSays('a warning', ({ status, warnings }) => {
        return status === 200 && warnings.some((warning) => warning.includes(saying)) && warnings.join('\n')
      }),
    ready: () =>
      eachSays(
        'readiness',
        ({ status, reasons, warnings }) => status === 200 && reasons.length === 0 && warnings.length === 0,
        RECOVERY,
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all([client, ...strangers].map((each) => each.end()))
      for (const server of servers.reverse()) await server[Symbol.asyncDispose]()
    },
  }
}

describe.concurrent.each(eachEngine)('on %s, readiness of leader and standby', (engine) => {
  test('goes on while a stranger holds the tick lock of one queue, with a warning that names both', {
    timeout: 90_000,
  }, async () => {
    await using fixture = await createTestDatabase(engine)
    await using t = await setUp(fixture)
    await t.ready()
    const { session, pid } = await t.stranger()
    await session.query(`select pg_advisory_lock(1885827444, queue_id) from pgq.queue where queue_name = 'q'`)
    await t.publish('q')
    for (const warnings of await t.warned('queue "q"')) {
      expect(warnings).toContain(`session ${pid} ("test", role `)
      expect(warnings).not.toContain('"other"')
    }
    await session.query(
      `select pg_advisory_lock(1885827444, queue_id) from pgq.queue where queue_name = 'other'`,
    )
    await t.publish('other')
    for (const reasons of await t.unready('queue "other"')) expect(reasons).toContain('queue "q"')
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
    for (const queue of ['q', 'other']) await t.publish(queue)
    // Between two tries of the ticker nobody waits behind it.
    await t.unready(`session ${pid} ("test"`)
    await session.end()
    await t.ready()
  })

  test('ends when a stranger locks the table of the queues, and names the session', {
    timeout: 90_000,
  }, async () => {
    await using fixture = await createTestDatabase(engine)
    await using t = await setUp(fixture)
    const { session, pid } = await t.stranger()
    await session.query('begin; lock table pgq.queue')
    await t.unready(`tables are locked by session ${pid} ("test", role `)
    await session.query('rollback')
    await t.ready()
  })

  test('goes on while one queue has lost a table, with a warning that names it and the remedy', {
    timeout: 90_000,
  }, async () => {
    await using fixture = await createTestDatabase(engine)
    await using t = await setUp(fixture)
    await t.ready()
    await t.client.query('alter table pgq.event_1_0 rename to elsewhere')
    for (const warnings of await t.warned('pgq.event_1_0')) {
      expect(warnings).toMatch(/^queue "q" fails: it has lost pgq.event_1_0; restore that/)
    }
    await t.client.query('alter table pgq.elsewhere rename to event_1_0')
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
    for (const queue of ['q', 'other']) await t.publish(queue)
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
