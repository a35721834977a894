import pg from 'pg'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { LiveDatabase } from '../../src/database/live-database.ts'
import { finishBatch } from '../../src/resolvers/batches/finish-batch.ts'
import { nextBatch } from '../../src/resolvers/batches/next-batch.ts'
import { retryBatch } from '../../src/resolvers/batches/retries.ts'
import { registerConsumer } from '../../src/resolvers/consumers/consumers.ts'
import { failEvent } from '../../src/resolvers/dead-letters/dead-letters.ts'
import { pageBatchEvents } from '../../src/resolvers/events/events.ts'
import { insertEvent, insertEvents } from '../../src/resolvers/publishing/publishing.ts'
import { createQueue, listQueues } from '../../src/resolvers/queues/queues.ts'
import type { SchemaContext } from '../../src/schema/context.ts'
import { startCluster } from '../support/cluster.ts'
import { createTestContext } from '../support/context.ts'
import { availableEngines, createTestDatabase } from '../support/database.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { testLogger } from '../support/logger.ts'

const database = 'main'
const range = (count: number) => Array.from({ length: count }, (_, n) => n)

async function tick(client: pg.Client, queue: string): Promise<void> {
  await client.query('select pgq.force_tick($1)', [queue])
  await client.query('select pgq.ticker($1)', [queue])
}

/** Publishes to a queue, delivers the event and settles it, some times over. */
async function work(context: SchemaContext, client: pg.Client, queue: string): Promise<void> {
  for (const n of range(3)) {
    await insertEvents(context, { database, queue, events: [{ data: String(n) }] })
    await insertEvent(context, { database, queue, data: String(n) })
    await tick(client, queue)
    const batch = await nextBatch(context, { database, queue, consumer: 'c' })
    if (!batch) throw new Error('no batch')
    const { events } = await pageBatchEvents(context, batch, {})
    expect(events.map(({ data }) => data)).toEqual([String(n), String(n)])
    const retries = events.slice(0, 1).map(({ eventId }) => ({ eventId, afterSeconds: 3_600 }))
    expect(await finishBatch(context, { ...batch, retries })).toBe(true)
  }
}

const countHanging = `select count(*)::int4 as count from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`

describe.each(availableEngines)('a locked queue on %s', (engine) => {
  test('holds up neither delivery nor settlement nor publishing of others', async () => {
    await using fixture = await createTestDatabase(engine)
    const live = await fixture.open()
    const client = await fixture.connect()
    const context = createTestContext(live)
    for (const queue of ['locked', 'other']) {
      await client.query('select pgq.create_queue($1)', [queue])
      await client.query(`select pgq.register_consumer($1, 'c')`, [queue])
    }
    const consumers = range(20).map((n) => `c${n}`)
    for (const consumer of consumers)
      await client.query(`select pgq.register_consumer('locked', $1)`, [consumer])
    const eventId = await insertEvent(context, { database, queue: 'locked', data: 'x' })
    await tick(client, 'locked')
    const open = consumers.map((consumer) => nextBatch(context, { database, queue: 'locked', consumer }))
    const batches = (await Promise.all(open)).flatMap((batch) => batch ?? [])
    expect(batches).toHaveLength(consumers.length)
    const { rows } = await client.query(
      `select queue_data_pfx as "table" from pgq.queue where queue_name = 'locked'`,
    )
    const stranger = await fixture.connect()
    await stranger.query(`begin; lock table ${rows[0].table}`)
    const stuck = [
      ...range(30).map((n) =>
        insertEvents(context, { database, queue: 'locked', events: [{ data: String(n) }] }),
      ),
      ...batches.map((batch) => pageBatchEvents(context, batch, {})),
      ...batches.slice(0, 10).map((batch) => retryBatch(context, { ...batch, afterSeconds: 1 })),
      ...batches.slice(10).map((batch) => failEvent(context, { ...batch, eventId })),
    ]
    const hanging = async () => (await client.query(countHanging)).rows[0].count
    await until(async () => (await hanging()) >= 12, 'statements that hang')
    await withDeadline(work(context, client, 'other'), 'work beside the locked queue')
    expect(await hanging()).toBeGreaterThanOrEqual(12)
    await stranger.query('rollback')
    await Promise.all(stuck)
    await stranger.end()
    await client.end()
    await live.close()
  })
})

test('with few connections requests wait for their turn, and streams and ticks go on', async () => {
  await using cluster = await startCluster(18, { max_connections: '14' })
  const live = new LiveDatabase({ name: database, connectionString: cluster.url }, { logger: testLogger() })
  await live.ready()
  const context = createTestContext(live)
  const queues = range(10).map((n) => `q${n}`)
  const all = queues.flatMap((queue) => [
    createQueue(context, { database, name: queue }).then(() =>
      registerConsumer(context, { database, queue, consumer: 'c' }),
    ),
  ])
  await Promise.all(all)
  const publishing = range(300).map((n) =>
    insertEvents(context, { database, queue: `q${n % 10}`, events: [{ data: String(n) }] }),
  )
  const listing = range(100).map(() => listQueues(context, { database }))
  const creating = range(50).map((n) => createQueue(context, { database, name: `more ${n}` }))
  const delivered = queues.map(async (queue) => {
    let count = 0
    await until(
      async () => {
        const batch = await nextBatch(context, { database, queue, consumer: 'c' })
        if (!batch) return false
        count += (await pageBatchEvents(context, batch, {})).events.length
        await finishBatch(context, batch)
        return count === 30
      },
      `the events of ${queue}`,
      { timeoutMs: 20_000 },
    )
  })
  await Promise.all([...publishing, ...listing, ...creating, ...delivered])
  expect(live.health().reasons).toEqual([])
  await live.close()
})

test('with no connection left requests wait until there is one, and the log says so once', async () => {
  await using cluster = await startCluster(18, { max_connections: '14' })
  const warnings: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line) => void warnings.push(JSON.parse(line).msg) })
  const live = new LiveDatabase({ name: database, connectionString: cluster.url, ticker: false }, { logger })
  await live.ready()
  await until(() => live.health().reasons.length === 0, 'readiness')
  const strangers: pg.Client[] = []
  const connect = async () => {
    const stranger = new pg.Client({ connectionString: cluster.url })
    stranger.on('error', () => {})
    await stranger.connect()
    strangers.push(stranger)
  }
  await until(
    () =>
      connect().then(
        () => false,
        () => true,
      ),
    'the last connection',
  )
  const context = createTestContext(live)
  const creating = Promise.all(range(8).map((n) => createQueue(context, { database, name: `q${n}` })))
  await until(() => warnings.length > 0, 'a refused connection')
  await Promise.all(strangers.slice(0, 2).map((stranger) => stranger.end()))
  expect(await creating).toEqual(range(8).map(() => true))
  expect((await listQueues(context, { database })).rows).toHaveLength(8)
  expect(warnings).toEqual([
    expect.stringMatching(/^Database main grants no further connections: .*too many clients/),
  ])
  await Promise.all(strangers.map((stranger) => stranger.end()))
  await live.close()
})
