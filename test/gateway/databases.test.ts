import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { request, requestData, subscribe, transports } from '../support/graphql.ts'
import { createTestGateway, listen, serverOf } from './mounted.ts'

test('a database is added to a running gateway, used, and removed without a trace', async () => {
  await using t = await createTestGateway()
  await using server = await listen(serverOf(t.gateway))
  await using other = await createTestDatabase()
  const names = async () =>
    (await requestData(server.url, '{ databases { name } }')).databases.map(
      (each: { name: string }) => each.name,
    )
  expect(await names()).toEqual(['main'])
  await until(() => t.gateway.health().isReady, 'readiness')
  const timersBefore = timerCount()

  const added = t.gateway.databases.add({ name: 'second', connectionString: other.url })
  expect(() => t.gateway.databases.add({ name: 'second', connectionString: other.url })).toThrow(/second/)
  expect(t.gateway.health().isReady).toBe(false)
  await added.ready()
  await until(() => t.gateway.health().isReady, 'readiness')
  expect(await names()).toEqual(['main', 'second'])
  await requestData(
    server.url,
    'mutation { createQueue(input: { name: "there", database: "second", tickerMaxLagSeconds: 0.01 }) { created } registerConsumer(input: { queue: "there", consumer: "c", database: "second" }) { registered } }',
  )
  const streams = transports.map((transport) =>
    subscribe(
      transport,
      server.url,
      'subscription { tail(queue: "there", database: "second", after: 1) { ... on TickBatch { events { type } } } }',
    ),
  )
  const consumer = subscribe(
    'SSE',
    server.url,
    'subscription { batches(input: { queue: "there", consumer: "c", database: "second" }) { batchId leaseToken } }',
  )
  await requestData(
    server.url,
    'mutation { insertEvent(input: { queue: "there", type: "x", database: "second" }) { eventId } }',
  )
  for (const stream of streams) {
    let events: unknown[] = []
    while (events.length === 0) events = (await stream.nextData()).tail.events
    expect(events).toEqual([{ type: 'x' }])
  }
  expect((await consumer.nextData()).batches.leaseToken).toMatch(/-/)
  const waiting = streams.map((stream) => stream.next())

  expect(await t.gateway.databases.remove('second')).toBe(true)
  for (const message of waiting) {
    expect((await message).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  }
  expect(await t.gateway.databases.remove('second')).toBe(false)
  expect(await names()).toEqual(['main'])
  const { errors } = await request(server.url, '{ queue(name: "there", database: "second") { name } }')
  expect(errors?.[0]?.extensions).toEqual({ code: 'NOT_FOUND', field: 'database' })
  expect(t.gateway.health()).toMatchObject({ isReady: true, databases: [{ name: 'main' }] })
  for (const stream of [...streams, consumer]) await stream.stop()

  // Its batch goes to whoever comes next, and nothing of the gateway is left there.
  const client = await other.connect()
  try {
    await until(
      async () =>
        (
          await client.query(
            `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
          )
        ).rowCount === 0,
      'the end of all its connections',
    )
    expect((await client.query('select from pgq_gateway.stream')).rowCount).toBe(0)
  } finally {
    await client.end()
  }
  await until(() => timerCount() <= timersBefore, 'the end of its timers')
})

function timerCount(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

test('removing a database that cannot be reached takes no longer than one attempt', async () => {
  await using t = await createTestGateway()
  t.gateway.databases.add({ name: 'away', connectionString: 'postgresql://nobody@127.0.0.1:1/none' })
  const startedMs = performance.now()
  expect(await t.gateway.databases.remove('away')).toBe(true)
  expect(performance.now() - startedMs).toBeLessThan(5_000)
})
