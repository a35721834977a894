import { cp, rm } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { createPgqServer } from '../../../src/server/server.ts'
import { startCluster } from '../../support/cluster.ts'
import { until } from '../../support/deadline.ts'
import {
  type Data,
  request,
  requestData,
  type Subscription,
  subscribe,
  type Transport,
  transports,
} from '../../support/graphql.ts'
import { testLogger } from '../../support/logger.ts'
import { startTestServer } from '../../support/server.ts'

const publish = (url: string, type: string) =>
  requestData(
    url,
    'mutation ($type: String!) { insertEvent(input: { queue: "q", type: $type }) { eventId } }',
    { type },
  )

const settle = (url: string, batch: Data) =>
  request(url, 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }', {
    input: { batchId: batch.batchId, leaseToken: batch.leaseToken },
  })

const tailQuery = `subscription ($after: BigInt) { tail(queue: "q", after: $after) {
  ... on TickBatch { tickId prevTickId events { type } } ... on Gap { fromTick toTick reason } } }`
const batchesQuery = (input: string) =>
  `subscription { batches(input: { queue: "q", ${input} }) { batchId leaseToken tickId events { type } } }`

/** Reads until a message holds the event. */
async function tailUntil(tail: Subscription, type: string, timeoutMs = 20_000): Promise<Data[]> {
  const read: Data[] = []
  for (;;) {
    const { tail: message } = await tail.nextData(timeoutMs)
    read.push(message)
    if (message.events?.some((event: Data) => event.type === type)) return read
  }
}

/** Settles batches until one holds the event; that one stays open. */
async function batchWith(url: string, stream: Subscription, type: string): Promise<Data> {
  for (;;) {
    const { batches } = await stream.nextData(20_000)
    if (batches.events.some((event: Data) => event.type === type)) return batches
    await settle(url, batches)
  }
}

test('streams that have seen what a failover lost say so, go back to the common past, and give all that is new', {
  timeout: 90_000,
}, async () => {
  await using cluster = await startCluster(18, { synchronous_commit: 'on' })
  const server = createPgqServer({
    databases: [{ name: 'main', connectionString: cluster.url, engine: 'sql' }],
    host: '127.0.0.1',
    port: 0,
    logger: testLogger(),
  })
  const { url } = await server.listen()
  const isReady = () =>
    until(async () => (await fetch(new URL('/health/ready', url))).status === 200, 'readiness', {
      timeoutMs: 30_000,
    })
  const backup = `${cluster.dataDirectory}-backup`
  try {
    await isReady()
    await requestData(
      url,
      `mutation { createQueue(input: { name: "q", tickerIdlePeriodSeconds: 1 }) { created }
        registerConsumer(input: { queue: "q", consumer: "c" }) { registered } }`,
    )
    await using tail = subscribe('SSE', url, tailQuery, { after: '1' })
    await using batches = subscribe('WebSocket', url, batchesQuery('consumer: "c", standby: true'))
    await publish(url, 'kept')
    await tailUntil(tail, 'kept')
    await settle(url, await batchWith(url, batches, 'kept'))
    // The standby that will take over has this state; what follows never reaches it.
    await cluster.stop('fast')
    await cp(cluster.dataDirectory, backup, { recursive: true, preserveTimestamps: true })
    await cluster.start()
    await isReady()
    const seen: Data[] = []
    for (let n = 0; n < 40; n++) {
      await publish(url, `lost ${n}`)
      seen.push(...(await tailUntil(tail, `lost ${n}`)))
    }
    const lost = await batchWith(url, batches, 'lost 39')

    await cluster.stop('immediate')
    await rm(cluster.dataDirectory, { recursive: true })
    await cp(backup, cluster.dataDirectory, { recursive: true, preserveTimestamps: true })
    await own(cluster.dataDirectory)
    await cluster.start()
    await isReady()
    // As many ticks as were lost, so that their ids are used again.
    for (let n = 0; n < 60; n++) {
      await publish(url, `new ${n}`)
      await requestData(url, 'mutation { tick(input: { queue: "q", force: true }) { tickId } }')
    }
    const after = await tailUntil(tail, 'new 59')
    const gaps = after.filter((message) => message.reason)
    expect(gaps.map((gap) => gap.reason)).toEqual(['AHEAD'])
    // On a slow machine an idle tick of the lost past is still to be read.
    const past = [
      ...seen,
      ...after.slice(
        0,
        after.findIndex((message) => message.reason),
      ),
    ]
    expect(gaps[0]?.fromTick).toBe(past.at(-1)?.tickId)
    expect(BigInt(gaps[0]?.toTick)).toBeLessThan(BigInt(gaps[0]?.fromTick))
    const types = after.flatMap((message) => message.events?.map((event: Data) => event.type) ?? [])
    expect(types.filter((type) => type.startsWith('new'))).toEqual(
      Array.from({ length: 60 }, (_, n) => `new ${n}`),
    )

    // The batch went with the rest; its worker is told, and the stream goes on with what there is.
    expect((await settle(url, lost)).errors?.[0]?.extensions.code).toBe('STALE_LEASE')
    const consumed = new Set<string>()
    while (!consumed.has('new 59')) {
      const { batches: batch } = await batches.nextData(20_000)
      for (const event of batch.events) consumed.add(event.type)
      await settle(url, batch)
    }
    for (let n = 0; n < 60; n++) expect(consumed).toContain(`new ${n}`)

    // A cursor of the lost past is told, too, as far as its id can tell.
    await using late = subscribe('SSE', url, tailQuery, { after: '9000000' })
    expect((await late.nextData()).tail).toMatchObject({ fromTick: '9000000', reason: 'AHEAD' })
  } finally {
    await server.close()
    await rm(backup, { recursive: true, force: true })
  }
})

/** A copy belongs to whoever made it; PostgreSQL wants its own. */
async function own(directory: string): Promise<void> {
  const { chown, readdir, stat } = await import('node:fs/promises')
  const { dirname, join } = await import('node:path')
  const { uid, gid } = await stat(dirname(directory))
  if (process.getuid?.() !== 0) return
  for (const entry of await readdir(directory, { recursive: true }))
    await chown(join(directory, entry), uid, gid)
  await chown(directory, uid, gid)
}

describe.each(transports)('over %s', (transport: Transport) => {
  test('a paused ticker delays what is published and loses nothing', async () => {
    await using t = await startTestServer()
    await requestData(
      t.url,
      `mutation { createQueue(input: { name: "q" }) { created } registerConsumer(input: { queue: "q", consumer: "c" }) { registered } }`,
    )
    await using tail = subscribe(transport, t.url, tailQuery, { after: '1' })
    await using batches = subscribe(transport, t.url, batchesQuery('consumer: "c"'))
    const client = await t.fixture.connect()
    try {
      await client.query(`select pgq.set_queue_config('q', 'ticker_paused', 'true')`)
      await publish(t.url, 'paused')
      const { rows } = await client.query('select max(tick_id) as tick_id from pgq.tick')
      const waiting = tailUntil(tail, 'paused')
      expect(
        (await request(t.url, 'mutation { tick(input: { queue: "q", force: true }) { tickId } }')).errors?.[0]
          ?.extensions.code,
      ).toBe('TICKER_PAUSED')
      expect((await client.query('select max(tick_id) as tick_id from pgq.tick')).rows).toEqual(rows)
      await client.query(`select pgq.set_queue_config('q', 'ticker_paused', 'false')`)
      const read = await waiting
      expect(read.flatMap((message) => message.events.map((event: Data) => event.type))).toEqual(['paused'])
      await batchWith(t.url, batches, 'paused')
    } finally {
      await client.end()
    }
  })

  test('a queue that is dropped and made again is a Gap to readers, CONSUMER_NOT_FOUND to its consumer, and new work to a group', async () => {
    await using t = await startTestServer()
    await requestData(
      t.url,
      `mutation { createQueue(input: { name: "q" }) { created } registerConsumer(input: { queue: "q", consumer: "c" }) { registered } }`,
    )
    await using tail = subscribe(transport, t.url, tailQuery, { after: '1' })
    await using ticks = subscribe(
      transport,
      t.url,
      'subscription { ticks(queue: "q", after: 1) { ... on Tick { tickId } ... on Gap { reason toTick } } }',
    )
    await using consumer = subscribe(transport, t.url, batchesQuery('consumer: "c"'))
    await using member = subscribe(transport, t.url, batchesQuery('consumer: "g", subconsumer: "m"'))
    const client = await t.fixture.connect()
    try {
      await until(
        async () => (await client.query('select from pgq_gateway.stream')).rowCount === 2,
        'the claims of both streams',
      )
      await publish(t.url, 'old')
      await tailUntil(tail, 'old')
      await settle(t.url, await batchWith(t.url, consumer, 'old'))
      await settle(t.url, await batchWith(t.url, member, 'old'))
      await client.query(
        `do $$ begin
           perform pgq.unregister_consumer('q', 'c'); perform pgq.drop_queue('q', true); perform pgq.create_queue('q');
         end $$`,
      )
      await publish(t.url, 'new')
      const read = await tailUntil(tail, 'new')
      expect(read.map((message) => message.reason).filter(Boolean)).toEqual(['RECREATED'])
      for (;;) {
        const result = await consumer.next(10_000)
        if (!result.errors) continue
        expect(result.errors[0]?.extensions.code).toBe('CONSUMER_NOT_FOUND')
        break
      }
      await publish(t.url, 'for the group')
      await batchWith(t.url, member, 'for the group')
      const reasons: string[] = []
      while (reasons.length === 0) {
        const { ticks: message } = await ticks.nextData(10_000)
        if (message.reason) reasons.push(message.reason)
      }
      expect(reasons).toEqual(['RECREATED'])
    } finally {
      await client.end()
    }
  })
})
