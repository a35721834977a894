import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { until, withDeadline } from '../../test/support/deadline.ts'
import { startTestServer, type TestServer } from '../../test/support/server.ts'
import { type PgqClient, PgqClientError } from '../src/index.ts'
import { failureOf } from './support/failure.ts'
import { transports } from './support/transports.ts'

let fixture: TestDatabase
let limited: TestServer
let unlimited: TestServer
let queues = 0

beforeAll(async () => {
  fixture = await createTestDatabase()
  unlimited = await startTestServer({ fixture })
  limited = await startTestServer({ fixture, rateLimits: { requestsPerSecond: 4, eventsPerSecond: 20 } })
})

afterAll(async () => {
  await limited[Symbol.asyncDispose]()
  await unlimited[Symbol.asyncDispose]()
  await fixture[Symbol.asyncDispose]()
})

describe.each(transports)('over $name, at a server that limits callers', ({ createClient }) => {
  const eventsOf = async (queue: string): Promise<(string | null)[]> => {
    const sql = await fixture.connect()
    try {
      const { rows: tables } = await sql.query('select pgq.current_event_table($1) as name', [queue])
      const { rows } = await sql.query(`select ev_data as data from ${tables[0].name} order by ev_id`)
      return rows.map(({ data }) => data)
    } finally {
      await sql.end()
    }
  }

  async function startQueue(): Promise<{ name: string; client: PgqClient; other: PgqClient }> {
    const name = `queue ${++queues}`
    const other = createClient({ url: unlimited.url })
    await other.createQueue(name)
    await other.registerConsumer(name, 'c')
    return { name, other, client: createClient({ url: limited.url }) }
  }

  test('a publisher waits as long as it is told, and publishes each event once, in order', async () => {
    const { name, client } = await startQueue()
    await using publisher = client.publisher(name, { maxBatch: 10 })
    const data = Array.from({ length: 45 }, (_, n) => String(n))
    const startedMs = performance.now()
    await withDeadline(Promise.all(data.map((each) => publisher.publish({ data: each }))), 'all ids', 20_000)
    // 20 events of a second, or a few more, and what comes after them.
    expect(performance.now() - startedMs).toBeGreaterThan(900)
    expect(await eventsOf(name)).toEqual(data)
  }, 30_000)

  test('a consumer works on all events, and settles each batch, however few requests it may send', async () => {
    const { name, client, other } = await startQueue()
    const seen: (string | null)[] = []
    const problems: unknown[] = []
    const options = { consumer: 'c', onProblem: (problem: unknown) => problems.push(problem) }
    await using consumption = client.consume(name, options, (batch) => {
      for (const event of batch.events) seen.push(event.data)
    })
    await consumption.ready
    const data = Array.from({ length: 12 }, (_, n) => String(n))
    for (const each of data) {
      await other.publish(name, [{ data: each }])
      await until(() => seen.includes(each), `the event ${each}`, { timeoutMs: 15_000 })
    }
    expect(seen).toEqual(data)
    expect(problems.length).toBeGreaterThan(0)
    expect(problems).toEqual(
      problems.map(() => expect.objectContaining({ kind: 'connection', error: expect.any(PgqClientError) })),
    )
  }, 60_000)

  test('a single call fails with the time after which it may be sent again', async () => {
    const { name, client } = await startQueue()
    const events = Array.from({ length: 100 }, () => ({ data: 'x' }))
    await until(async () => {
      const error = await client.publish(name, events).then(
        () => null,
        (reason: unknown) => reason,
      )
      return error === null
    }, 'a second with room')
    const error = await failureOf(client.publish(name, events))
    expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED', retryAfterSeconds: expect.any(Number) })
  })
})
