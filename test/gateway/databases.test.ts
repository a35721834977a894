import { expect, test, vi } from 'vitest'
import { tickLockClass } from '../../src/postgres/advisory-locks.ts'
import { createTestDatabase } from '../support/database.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { request, requestData, subscribe, transports } from '../support/graphql.ts'
import { nextTailEvents } from '../support/read-events.ts'
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

  const options = { name: 'second', connectionString: other.url, required: true }
  const added = t.gateway.databases.add(options)
  expect(() => t.gateway.databases.add(options)).toThrow(/second/)
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
    const events = await nextTailEvents(stream)
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

test('close may be called twice at once, and waits for a database that is being removed', async () => {
  const t = await createTestGateway()
  const main = t.gateway.databases.get('main')
  const slow = main.database.call({ name: 'slow', role: 'reader', text: 'select pg_sleep(1)' })
  const removed = t.gateway.databases.remove('main')
  t.gateway.databases.add({ name: 'main', connectionString: t.fixture.url })
  let isRemoved = false
  void removed.then(() => (isRemoved = true))
  await Promise.all([t.gateway.close(), t.gateway.close()])
  expect(isRemoved).toBe(true)
  await slow
  await t.fixture[Symbol.asyncDispose]()
})

test('statements that wait for a connection are answered before their database is gone', async () => {
  await using t = await createTestGateway()
  await using other = await createTestDatabase()
  const second = t.gateway.databases.add({
    name: 'second',
    connectionString: other.url,
    maxConnectionsPerRole: 1,
  })
  await second.ready()
  const statements = Array.from({ length: 3 }, () =>
    second.database.call({ name: 'slow', role: 'reader', text: 'select pg_sleep(0.2)' }),
  )
  expect(await t.gateway.databases.remove('second')).toBe(true)
  expect(await Promise.all(statements)).toHaveLength(3)
})

test('a database is removed at once while its installation waits for a lock', async () => {
  await using t = await createTestGateway()
  await using other = await createTestDatabase()
  const blocker = await other.connect()
  await blocker.query('drop schema pgq_gateway cascade')
  await blocker.query('select pg_advisory_lock($1, 0)', [tickLockClass])
  t.gateway.databases.add({ name: 'second', connectionString: other.url })
  const waiting = `select from pg_stat_activity where application_name like '%install%' and wait_event_type = 'Lock'`
  const admin = await t.fixture.connect()
  await until(async () => ((await admin.query(waiting)).rowCount ?? 0) > 0, 'a wait for a lock')
  await withDeadline(t.gateway.databases.remove('second'), 'the end', 3_000)
  await admin.end()
  await blocker.end()
})

test('a connection string that cannot be used is BAD_INPUT at once, without its password', async () => {
  await using t = await createTestGateway()
  const connectionString = 'postgresql://u:geheim@h/d?sslrootcert=/nope'
  expect(() => t.gateway.databases.add({ name: 'second', connectionString })).toThrow(
    expect.objectContaining({
      code: 'BAD_INPUT',
      field: 'connectionString',
      message: 'The connection string of database second: sslrootcert /nope: there is no such file.',
    }),
  )
})

test('a driver that was told to use libpq is refused with what to do', async () => {
  await using t = await createTestGateway()
  vi.stubEnv('NODE_PG_FORCE_NATIVE', '1')
  try {
    const connectionString = 'postgresql://u@h/d'
    expect(() => t.gateway.databases.add({ name: 'second', connectionString })).toThrow(
      /unset NODE_PG_FORCE_NATIVE/,
    )
  } finally {
    vi.unstubAllEnvs()
  }
})
