import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { request, requestData, subscribe, transports } from '../support/graphql.ts'
import { createRandom, type Random } from '../support/random.ts'
import { type Gateway, startGateway } from './gateways.ts'
import { type Delivery, Worker } from './worker.ts'

/** Of random deaths. REALTIME_SECONDS makes it longer, REALTIME_SEED repeats a run's choices. */
const SECONDS = Number(process.env.REALTIME_SECONDS ?? 10)

test('three gateways that are killed at random deliver each committed event to each consumer, in order, and nothing to two', {
  timeout: (SECONDS + 100) * 1_000,
}, async () => {
  const random = createRandom('REALTIME_SEED')
  console.log(`REALTIME_SEED=${random.seed} REALTIME_SECONDS=${SECONDS}`)
  await using fixture = await createTestDatabase()
  const client = await fixture.connect()
  const gateways = await Promise.all([1, 2, 3].map(() => startGateway(fixture.url)))
  const urls = () => gateways.flatMap((gateway) => gateway.url ?? [])
  const deliveries: Delivery[] = []
  const workers: Worker[] = []
  const producing = new AbortController()
  try {
    await requestData(urls()[0] ?? '', 'mutation { createQueue(input: { name: "q" }) { created } }')
    await client.query(`select pgq.register_consumer('q', 'shared'), pgq.register_consumer('q', 'alone')`)
    const add = (name: string, consumer: string, more: { subconsumer?: string; standby?: boolean }) =>
      workers.push(
        new Worker({
          name,
          consumer,
          ...more,
          transport: transports[workers.length % 2] ?? 'SSE',
          random,
          urls,
          deliveries,
        }),
      )
    for (const n of [1, 2, 3]) add(`standby ${n}`, 'shared', { standby: true })
    add('alone', 'alone', {})
    for (const n of [1, 2, 3, 4]) add(`member ${n}`, 'group', { subconsumer: `m${n}` })
    await until(
      async () => (await client.query('select from pgq.subscription')).rowCount === 7,
      'the members of the group',
    )
    const producers = Promise.all([
      produceThroughGateways(urls, random, producing.signal),
      produceInSql(client, random, producing.signal),
    ])
    await wreak(gateways, workers, random)
    producing.abort()
    await producers
    await Promise.all(gateways.map((gateway) => (gateway.url ? undefined : gateway.start())))

    const { rows } = await client.query<{ ev_type: string }>('select ev_type from pgq.event_1')
    const committed = new Set(rows.map((row) => row.ev_type))
    expect(committed.size).toBe(rows.length)
    for (const consumer of ['shared', 'alone', 'group']) {
      const missing = () => {
        const left = new Set(committed)
        for (const each of deliveries) {
          if (each.consumer === consumer && each.outcome === 'finished')
            for (const type of each.types) left.delete(type)
        }
        return left
      }
      await until(() => missing().size === 0, `all events at ${consumer}`, {
        timeoutMs: 30_000,
        describe: () => `(${missing().size} of ${committed.size} are missing)`,
      })
    }
    for (const consumer of ['shared', 'alone', 'group']) checkHistory(consumer, deliveries)
    expect(workers.flatMap((worker) => worker.errors)).toEqual([])
    const count = (outcome: string) => deliveries.filter((each) => each.outcome === outcome).length
    console.log(
      `${committed.size} events, ${deliveries.length} deliveries, ${count('finished')} settled, ${count('stale')} refused as stale`,
    )
  } finally {
    producing.abort()
    await Promise.all(workers.map((worker) => worker.stop()))
    await Promise.all(gateways.map((gateway) => gateway.kill()))
    await client.end()
  }
})

/** Kills gateways and breaks clients' connections; at least one gateway lives at any time. */
async function wreak(gateways: Gateway[], workers: Worker[], random: Random): Promise<void> {
  const endsAt = performance.now() + SECONDS * 1_000
  const restarts: Promise<void>[] = []
  let kills = 0
  while (performance.now() < endsAt) {
    await delay(100 + random.below(500))
    const alive = gateways.filter((gateway) => gateway.url)
    if (random.next() < 0.35 && alive.length > 1 && kills < SECONDS) {
      const victim = random.pick(alive)
      kills++
      restarts.push(victim.kill().then(() => victim.start()))
    } else {
      await random.pick(workers).disconnect()
    }
  }
  await Promise.all(restarts)
}

async function produceThroughGateways(urls: () => string[], random: Random, signal: AbortSignal) {
  for (let n = 0; !signal.aborted; n++) {
    const events = Array.from({ length: 1 + random.below(10) }, (_, index) => ({
      type: `gateway ${n} ${index}`,
    }))
    // One that fails may or may not be committed: the tables tell.
    await request(
      random.pick([...urls(), 'http://127.0.0.1:1/']),
      'mutation ($events: [EventInput!]!) { insertEvents(input: { queue: "q", events: $events }) { eventIds } }',
      { events },
    ).catch(() => {})
    await delay(random.below(20))
  }
}

/** Transactions of other programs, some of which stay open across ticks, and some of which roll back. */
async function produceInSql(client: pg.Client, random: Random, signal: AbortSignal) {
  for (let n = 0; !signal.aborted; n++) {
    await client.query('begin')
    await client.query(`select pgq.insert_event('q', $1, '')`, [`sql ${n}`])
    if (random.next() < 0.2) await delay(random.below(300))
    await client.query(random.next() < 0.2 ? 'rollback' : 'commit')
    await delay(random.below(20))
  }
}

/** Each batch was settled once, by its newest owner, and the settled batches are a chain of ticks in the order of time. */
function checkHistory(consumer: string, deliveries: readonly Delivery[]): void {
  const ours = deliveries.filter((each) => each.consumer === consumer)
  const settled = ours.filter((each) => each.outcome === 'finished')
  const batchIds = settled.map((each) => each.batchId)
  expect(new Set(batchIds).size, `batches of ${consumer} that were settled twice`).toBe(batchIds.length)
  for (const each of settled) {
    const later = ours.find(
      (other) =>
        other.batchId === each.batchId &&
        other.token !== each.token &&
        other.receivedAt > each.receivedAt &&
        other.receivedAt < (each.sentAt ?? 0),
    )
    expect(later, `batch ${each.batchId} of ${consumer} was settled by a stale worker`).toBeUndefined()
  }
  const inOrder = [...settled].sort((a, b) => (BigInt(a.tickId) < BigInt(b.tickId) ? -1 : 1))
  for (const [index, each] of inOrder.entries()) {
    const before = inOrder[index - 1]
    // A batch whose worker got no answer is settled too, but its successor is there to tell.
    if (before)
      expect(each.prevTickId, `the batch of ${consumer} before tick ${each.tickId}`).toBe(before.tickId)
    if (before && consumer !== 'group')
      expect(each.receivedAt, `order of ${consumer} at tick ${each.tickId}`).toBeGreaterThan(
        before.receivedAt,
      )
  }
}

test('a standby in another gateway takes over within a second of the death of its holder', async () => {
  await using fixture = await createTestDatabase()
  await using first = await startGateway(fixture.url)
  await using second = await startGateway(fixture.url)
  const [a = '', b = ''] = [first.url, second.url]
  await requestData(
    a,
    'mutation { createQueue(input: { name: "q" }) { created } registerConsumer(input: { queue: "q", consumer: "c" }) { registered } }',
  )
  const query = `subscription { batches(input: { queue: "q", consumer: "c", standby: true }) { batchId leaseToken events { type } } }`
  await using holder = subscribe('SSE', a, query)
  await requestData(b, 'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }')
  const held = (await holder.nextData()).batches
  await using standby = subscribe('WebSocket', b, query)
  const waiting = standby.nextData()
  waiting.catch(() => {})
  const client = await fixture.connect()
  // It is known to stand by when it has asked and was refused.
  await until(
    async () =>
      (
        await client.query(
          `select from pg_stat_activity where query like '%dead_gateways%' and pid <> pg_backend_pid()`,
        )
      ).rowCount,
    'the look for the holder',
  )
  await client.end()
  const killedAt = performance.now()
  await first.kill()
  const taken = (await waiting).batches
  expect(performance.now() - killedAt).toBeLessThan(1_000)
  expect(taken.batchId).toBe(held.batchId)
  const settle = (batch: typeof held) =>
    request(b, 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }', {
      input: { batchId: batch.batchId, leaseToken: batch.leaseToken },
    })
  expect((await settle(held)).errors?.[0]?.extensions.code).toBe('STALE_LEASE')
  expect((await settle(taken)).data?.finishBatch.finished).toBe(true)
})
