import { expect, test } from 'vitest'
import { anybody } from '../../src/caller.ts'
import { batchAvailable } from '../../src/pubsub/batches/availability-stream.ts'
import { batches } from '../../src/pubsub/batches/batches-stream.ts'
import type { Stream } from '../../src/pubsub/stream.ts'
import { tail } from '../../src/pubsub/tail/tail-stream.ts'
import { ticks } from '../../src/pubsub/ticks/ticks-stream.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { collectGarbage } from '../support/garbage.ts'
import { heldBy } from './batches/consumer-fixture.ts'

const QUEUES = 100
const SUBSCRIBERS = Number(process.env.SUBSCRIBERS ?? 10_000)

async function setUp() {
  const fixture = await createTestDatabase()
  const counted = { statements: 0 }
  const live = await fixture.open(
    {},
    {
      // The look for missed ticks is one for all subscribers, and comes with the heartbeat.
      statement({ name }) {
        if (name !== 'current_ticks') counted.statements++
      },
    },
  )
  const client = await fixture.connect()
  await client.query(
    `select pgq.create_queue('q' || n), pgq.register_consumer('q' || n, 'c') from generate_series(0, $1::int4) n`,
    [QUEUES - 1],
  )
  await until(() => live.feed.isLive, 'the feed')
  const view = live.seenBy(anybody)
  /** The nth subscriber: every kind, on every queue. */
  const subscribe = (n: number): Stream<unknown> => {
    const queue = `q${n % QUEUES}`
    const at = { database: 'main', queue }
    const kind = Math.floor(n / QUEUES) % 6
    if (kind === 0) return ticks(view, anybody, at)
    if (kind === 1) return batchAvailable(view, { ...at, consumer: 'c' })
    // The first of a queue has the consumer, the others stand by.
    if (kind === 2) return batches(view, { ...at, consumer: 'c', standby: true })
    if (kind === 3)
      return batches(view, {
        ...at,
        consumer: 'group',
        subconsumer: `m${n}`,
        deadIntervalSeconds: 1,
        standby: false,
      })
    return tail(view, anybody, { queue, after: null, maxEvents: 10_000, maxBytes: 1 << 24 })
  }
  return {
    fixture,
    live,
    counted,
    client,
    subscribe,
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await live.close()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

/** Waits until no statement was sent or begun for a while. */
async function untilQuiet({ counted, client }: Awaited<ReturnType<typeof setUp>>): Promise<void> {
  let last = ''
  let since = performance.now()
  await until(
    async () => {
      const state = JSON.stringify([counted.statements, await statementsOfBackends(client)])
      if (state !== last) {
        last = state
        since = performance.now()
      }
      return performance.now() - since > 1_000
    },
    'silence',
    { timeoutMs: 120_000, describe: () => last },
  )
}

test(`${SUBSCRIBERS} idle subscribers of every kind cost no statement between ticks, and all hear the next tick`, {
  timeout: 240_000,
}, async () => {
  await using t = await setUp()
  let heard = 0
  const streams = Array.from({ length: SUBSCRIBERS }, (_, n) => t.subscribe(n))
  const waiting = streams.map((stream) => stream.next().then(() => heard++))
  await untilQuiet(t)
  const before = t.counted.statements
  const backends = await statementsOfBackends(t.client)
  // Longer than a standby's look and a member's dead interval.
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(t.counted.statements - before).toBe(0)
  expect(await statementsOfBackends(t.client)).toEqual(backends)
  expect(heard).toBe(0)

  for (let n = 0; n < QUEUES; n++) {
    await t.client.query(`select pgq.insert_event($1, 'x', '')`, [`q${n}`])
    await t.client.query(`select pgq.force_tick($1)`, [`q${n}`])
    await t.client.query(`select pgq.ticker($1)`, [`q${n}`])
  }
  // Only one of those that share a consumer has the batch.
  const perKind = Math.ceil(SUBSCRIBERS / 6)
  await until(() => heard >= SUBSCRIBERS - 2 * perKind, 'the tick at all subscribers', {
    timeoutMs: 60_000,
    describe: () => `(${heard} have heard)`,
  })
  await Promise.all(streams.map((stream) => stream.return()))
  await Promise.all(waiting)
  await Promise.all(streams.map((stream) => stream.closed))
})

/** Says when each connection of the gateway began its last statement, but for those that have a heartbeat. */
async function statementsOfBackends(client: { query: (text: string) => Promise<{ rows: object[] }> }) {
  const { rows } = await client.query(
    `select pid, query_start from pg_stat_activity
      where datname = current_database() and application_name like 'pgq-graphql/%'
        and application_name !~ '/(listen|gateway) |aside'
      order by pid`,
  )
  return rows
}

test('10,000 streams that were opened and dropped leave no heap, timers, claims or leases', {
  timeout: 180_000,
}, async () => {
  await using t = await setUp()
  const wave = async (size: number) => {
    const streams = Array.from({ length: size }, (_, n) => t.subscribe(n * 7))
    for (const stream of streams) void stream.next().catch(() => {})
    // Some are dropped while they open, some later.
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.all(streams.map((stream) => stream.return()))
    await Promise.all(streams.map((stream) => stream.closed))
  }
  for (let n = 0; n < 4; n++) await wave(1_000)
  const heapBytes = () => {
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  const before = heapBytes()
  const timersBefore = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  for (let n = 0; n < 10; n++) await wave(1_000)
  expect(t.live.streams.size).toBe(0)
  expect(t.live.feed.subscriberCount).toBe(0)
  await until(
    async () => (await t.client.query('select from pgq_gateway.stream')).rowCount === 0,
    'the end of all claims',
    { timeoutMs: 30_000 },
  )
  await until(
    () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length <= timersBefore + 1,
    'the end of all timers',
    { timeoutMs: 30_000 },
  )
  await until(
    () => Object.values(heldBy(t.live)).every((count) => count === 0),
    'the release of all that streams held',
    { timeoutMs: 30_000, describe: () => JSON.stringify(heldBy(t.live)) },
  )
  // A subscriber that leaks costs a kilobyte at the least, and for good; what is still on its way to its end does not.
  await until(() => (heapBytes() - before) / 10_000 < 50, 'the end of what streams held', {
    timeoutMs: 30_000,
  })
})
