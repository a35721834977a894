import { describe, expect, test } from 'vitest'
import { until } from '../support/deadline.ts'
import {
  type Data,
  requestData,
  type Subscription,
  subscribe,
  type Transport,
  transports,
} from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Starts a server with a queue `q`; `ask` runs operations, `sql` statements beside the gateway. */
async function setUp(options: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer(options)
  const ask = (query: string, variables: Data = {}) => requestData(server.url, query, variables)
  const sql = async (text: string, values: unknown[] = []) => {
    const client = await server.fixture.connect()
    return client.query(text, values).finally(() => client.end())
  }
  if (!options.fixture) await ask('mutation { createQueue(input: { name: "q" }) { created } }')
  return {
    server,
    ask,
    sql,
    ...conveniences(server, ask),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

function conveniences(server: TestServer, ask: (query: string, variables?: Data) => Promise<Data>) {
  return {
    listen: (transport: Transport, query: string, variables: Data = {}) =>
      subscribe(transport, server.url, query, variables),
    publish: async (type: string): Promise<string> => {
      const data = await ask(
        'mutation ($type: String!) { insertEvent(input: { queue: "q", type: $type }) { eventId } }',
        { type },
      )
      return data.insertEvent.eventId
    },
    register: (consumer: string) =>
      ask(
        'mutation ($consumer: String!) { registerConsumer(input: { queue: "q", consumer: $consumer }) { registered } }',
        { consumer },
      ),
    finish: async (batch: Data, more: Data = {}): Promise<boolean> => {
      const input = { batchId: batch.batchId, leaseToken: batch.leaseToken, ...more }
      const data = await ask(
        'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }',
        { input },
      )
      return data.finishBatch.finished
    },
    tick: () => ask('mutation { tick(input: { queue: "q", force: true }) { tickId } }'),
  }
}

const tailQuery = `subscription ($after: BigInt) { tail(queue: "q", after: $after) { __typename
  ... on TickBatch { tickId prevTickId isComplete events { eventId type } } ... on Gap { fromTick toTick reason } } }`
const batchesQuery = (more = '') =>
  `subscription { batches(input: { queue: "q", ${more} }) { batchId leaseToken tickId consumerName events { eventId type } } }`

/** Reads tail messages until one holds the event; checks that each batch begins where the one before ended. */
async function readUntil(subscription: Subscription, eventId: string, field = 'tail') {
  const read: Data[] = []
  for (;;) {
    const message = (await subscription.nextData())[field]
    const last = read.at(-1)
    if (last?.isComplete && message.prevTickId) expect(message.prevTickId).toBe(last.tickId)
    read.push(message)
    if (message.events?.some((event: Data) => event.eventId === eventId)) return read
  }
}

/** Reads the next batch that is not empty, and settles empty ones on the way. */
async function nextFull(
  t: { finish: (batch: Data) => Promise<boolean> },
  subscription: Subscription,
): Promise<Data> {
  for (;;) {
    const { batches } = await subscription.nextData()
    if (batches.events.length > 0) return batches
    await t.finish(batches)
  }
}

describe.each(transports)('tail over %s', (transport) => {
  test('gives what is published while it listens, and resumes after a tick without a hole or a repeat', async () => {
    await using t = await setUp()
    const seen: string[] = []
    let after = '1'
    for (let round = 0; round < 3; round++) {
      const missed = await t.publish(`missed-${round}`)
      await using tail = t.listen(transport, tailQuery, { after })
      const first = await readUntil(tail, missed)
      const live = await t.publish(`live-${round}`)
      const read = [...first, ...(await readUntil(tail, live))]
      seen.push(...read.flatMap((batch) => batch.events.map((event: Data) => event.type)))
      after = read.at(-1)?.tickId
    }
    expect(seen).toEqual(['missed-0', 'live-0', 'missed-1', 'live-1', 'missed-2', 'live-2'])
  })

  test('says that rotation has passed its cursor, and goes on after the gap', async () => {
    await using t = await setUp()
    await t.publish('lost')
    await until(
      async () => (await t.ask('{ queue(name: "q") { newEvents } }')).queue.newEvents === '0',
      'a tick',
    )
    await t.sql(`update pgq.queue set queue_rotation_period = '0'`)
    for (let n = 0; n < 4; n++) {
      await t.sql(`select pgq.maint_rotate_tables_step1('q')`)
      await t.sql(`select pgq.maint_rotate_tables_step2()`)
      await t.tick()
    }
    await using tail = t.listen(transport, tailQuery, { after: '1' })
    const { tail: gap } = await tail.nextData()
    expect(gap).toMatchObject({ __typename: 'Gap', fromTick: '1', reason: 'ROTATED' })
    const eventId = await t.publish('after')
    const read = await readUntil(tail, eventId)
    expect(read[0]?.prevTickId).toBe(gap.toTick)
  })

  test('says that the queue was made anew, and reads the new one', async () => {
    await using t = await setUp()
    await using tail = t.listen(transport, tailQuery)
    await readUntil(tail, await t.publish('old'))
    // One transaction leaves no moment without a queue of that name.
    await t.sql(`do $$ begin perform pgq.drop_queue('q'); perform pgq.create_queue('q'); end $$`)
    const eventId = await t.publish('new')
    const read = await readUntil(tail, eventId)
    expect(read.map((message) => message.reason).filter(Boolean)).toEqual(['RECREATED'])
  })

  test('ends with QUEUE_NOT_FOUND when the queue is dropped', async () => {
    await using t = await setUp()
    await using tail = t.listen(transport, tailQuery)
    await readUntil(tail, await t.publish('x'))
    await t.ask('mutation { dropQueue(input: { name: "q" }) { dropped } }')
    for (;;) {
      const result = await tail.next()
      if (!result.errors) continue
      expect(result.errors[0]?.extensions.code).toBe('QUEUE_NOT_FOUND')
      break
    }
  })

  test('gives a batch above the limit in parts, of which the last is complete', async () => {
    await using t = await setUp({ limits: { maxBatchEvents: 10 } })
    await using tail = t.listen(transport, tailQuery, { after: '1' })
    await t.sql(`select pgq.insert_event('q', 'n' || n, '') from generate_series(1, 25) n`)
    const { rows } = await t.sql(`select last_value as id from pgq.event_1_id_seq`)
    const read = await readUntil(tail, rows[0].id)
    const parts = read.filter((batch) => batch.events.length > 0)
    expect(parts.map((part) => [part.events.length, part.isComplete])).toEqual([
      [10, false],
      [10, false],
      [5, true],
    ])
    expect(new Set(parts.map((part) => part.tickId)).size).toBe(1)
  })
})

describe.each(transports)('ticks over %s', (transport) => {
  test('gives each tick of a queue from a cursor, in order, and of all queues without one', async () => {
    await using t = await setUp()
    for (let n = 0; n < 5; n++) await t.tick()
    await using ticks = t.listen(
      transport,
      'subscription { ticks(queue: "q", after: 1) { ... on Tick { tickId queue { name } } } }',
    )
    const ids: string[] = []
    for (let n = 0; n < 5; n++) ids.push((await ticks.nextData()).ticks.tickId)
    expect(ids).toEqual(['2', '3', '4', '5', '6'])
    await using all = t.listen(transport, 'subscription { ticks { ... on Tick { tickId queue { name } } } }')
    await t.ask('{ queue(name: "q") { name } }')
    await until(() => t.server.statementCount > 0, 'the start of the subscription')
    const isFound = async () => {
      for (;;) if ((await all.nextData()).ticks.queue.name === 'second') return true
    }
    const found = isFound()
    const make =
      'mutation { createQueue(input: { name: "second" }) { created } tick(input: { queue: "second", force: true }) { tickId } }'
    // The subscription may begin after a tick that was made before it.
    await until(
      async () => Promise.race([found, t.ask(make).then(() => false)]),
      'a tick of the second queue',
    )
  })
})

describe.each(transports)('batchAvailable over %s', (transport) => {
  test('says so at once when a batch waits, and again for a new tick, without opening it', async () => {
    await using t = await setUp()
    await t.register('c')
    await t.publish('one')
    await using available = t.listen(
      transport,
      'subscription { batchAvailable(queue: "q", consumer: "c") { tickId consumer { name currentBatch { batchId } } } }',
    )
    const first = (await available.nextData()).batchAvailable
    expect(first.consumer).toEqual({ name: 'c', currentBatch: null })
    await t.publish('two')
    const second = (await available.nextData()).batchAvailable
    expect(BigInt(second.tickId)).toBeGreaterThan(BigInt(first.tickId))
    expect(second.consumer.currentBatch).toBeNull()
  })
})

describe.concurrent.each(transports)('batches over %s', (transport) => {
  test('gives the next batch when the one before is settled, by whatever connection', async () => {
    await using t = await setUp()
    await t.register('c')
    await using stream = t.listen(transport, batchesQuery('consumer: "c"'))
    await t.publish('one')
    const one = await nextFull(t, stream)
    expect(one.events.map((event: Data) => event.type)).toEqual(['one'])
    await t.publish('two')
    expect(await t.finish(one)).toBe(true)
    const two = await nextFull(t, stream)
    expect(two.events.map((event: Data) => event.type)).toEqual(['two'])
    await t.publish('three')
    // SQL settles without a notice, so only the heartbeat can find out.
    await t.sql('select pgq.finish_batch($1)', [two.batchId])
    const three = (await stream.nextData(10_000)).batches
    expect(BigInt(three.batchId)).toBeGreaterThan(BigInt(two.batchId))
  })

  test('are one worker alone: a second is CONSUMER_BUSY, a standby takes over at once, the old token is stale', async () => {
    await using t = await setUp()
    await t.register('c')
    const holder = t.listen(transport, batchesQuery('consumer: "c"'))
    await t.publish('one')
    const held = await nextFull(t, holder)
    await using second = t.listen(transport, batchesQuery('consumer: "c"'))
    expect((await second.next()).errors?.[0]?.extensions).toMatchObject({
      code: 'CONSUMER_BUSY',
      field: 'consumer',
    })
    const byMutation = 'mutation { nextBatch(input: { queue: "q", consumer: "c" }) { batch { batchId } } }'
    await expect(t.ask(byMutation)).rejects.toThrow('CONSUMER_BUSY')

    await using standby = t.listen(transport, batchesQuery('consumer: "c", standby: true'))
    const waiting = standby.nextData(5_000)
    await holder.stop()
    const stoppedAt = performance.now()
    const taken = (await waiting).batches
    expect(performance.now() - stoppedAt).toBeLessThan(1_000)
    expect(taken.batchId).toBe(held.batchId)
    await expect(t.finish(held)).rejects.toThrow('STALE_LEASE')
    expect(await t.finish(taken)).toBe(true)
  })

  test('share a cooperative consumer: each batch goes to one member, and a live member keeps its batch', async () => {
    await using t = await setUp()
    const member = (name: string) =>
      t.listen(transport, batchesQuery(`consumer: "g", subconsumer: "${name}", deadIntervalSeconds: 2`))
    await using a = member('a')
    await using b = member('b')
    const info = async () =>
      (
        await t.ask(
          '{ consumer(queue: "q", name: "g") { subconsumers { name activeSeconds currentBatch { batchId } } } }',
        )
      ).consumer
    await until(async () => (await info())?.subconsumers.length === 2, 'both members')
    await t.publish('x')
    const first = await Promise.race([nextFull(t, a), nextFull(t, b)])
    // The connection is the heartbeat, so even after the dead interval no other member takes the batch over.
    let longestSilence = 0
    const startedAt = performance.now()
    while (performance.now() - startedAt < 3_000) {
      const { subconsumers } = await info()
      const holder = subconsumers.find((each: Data) => each.currentBatch?.batchId === first.batchId)
      expect(holder.name).toBe(first.consumerName.split('.')[1])
      longestSilence = Math.max(longestSilence, holder.activeSeconds)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(longestSilence).toBeLessThan(2)
    expect(await t.finish(first)).toBe(true)
  })

  test('go to another member once a connection is dead for longer than the interval', async () => {
    await using t = await setUp()
    const member = (name: string) =>
      t.listen(transport, batchesQuery(`consumer: "g", subconsumer: "${name}", deadIntervalSeconds: 1`))
    const dying = member('dying')
    await until(
      async () => (await t.ask('{ consumer(queue: "q", name: "g") { name } }')).consumer !== null,
      'the group',
    )
    await t.publish('x')
    const held = await nextFull(t, dying)
    await using heir = member('heir')
    const heirs = nextFull(t, heir)
    await dying.stop()
    const taken = await heirs
    expect(taken.batchId).toBe(held.batchId)
    await expect(t.finish(held)).rejects.toThrow('STALE_LEASE')
    expect(await t.finish(taken)).toBe(true)
  })

  test('end for a worker that promised a heartbeat and gives none, though its connection lives', async () => {
    await using t = await setUp()
    await using other = await setUp({ fixture: t.server.fixture, ticker: false })
    await t.register('c')
    await using frozen = t.listen(transport, batchesQuery('consumer: "c", heartbeatSeconds: 2'))
    await t.publish('one')
    const held = await nextFull(t, frozen)
    await using standby = t.listen(transport, batchesQuery('consumer: "c", standby: true'))
    const waiting = standby.nextData(10_000)
    // A member that any gateway hears of keeps its batch.
    const touch = (batch: Data) =>
      other.ask('mutation ($input: TouchBatchInput!) { touchBatch(input: $input) { touched } }', {
        input: { batchId: batch.batchId, leaseToken: batch.leaseToken },
      })
    const startedAt = performance.now()
    let touchedAt = startedAt
    while (touchedAt - startedAt < 3_000) {
      touchedAt = performance.now()
      expect(await touch(held)).toEqual({ touchBatch: { touched: true } })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const taken = (await waiting).batches
    expect(performance.now() - touchedAt).toBeGreaterThan(2_000)
    expect(taken.batchId).toBe(held.batchId)
    expect((await frozen.next()).errors?.[0]?.extensions).toMatchObject({
      code: 'TIMEOUT',
      field: 'heartbeatSeconds',
    })
    await expect(touch(held)).rejects.toThrow('STALE_LEASE')
    expect(await t.finish(taken)).toBe(true)
    expect(await touch(taken)).toEqual({ touchBatch: { touched: false } })
  })

  test('go to another gateway when the one that held them dies', async () => {
    await using t = await setUp()
    await using other = await setUp({ fixture: t.server.fixture, ticker: false })
    await t.register('c')
    const holder = t.listen(transport, batchesQuery('consumer: "c"'))
    await t.publish('one')
    const held = await nextFull(t, holder)
    await using standby = other.listen(transport, batchesQuery('consumer: "c", standby: true'))
    const waiting = standby.nextData(10_000)
    // A gateway that settles a batch tells the one that has opened it.
    expect(await other.finish(held)).toBe(true)
    await t.publish('two')
    const again = await nextFull(t, holder)
    await holder.stop()
    expect((await waiting).batches.batchId).toBe(again.batchId)
  })
})

describe.concurrent.each(transports)('statistics over %s', (transport) => {
  test('come at their interval, with one sample for all subscribers', async () => {
    await using t = await setUp()
    await t.register('c')
    const query = 'subscription { queueStats(intervalSeconds: 0.2, queues: ["q"]) { name lastTickId } }'
    const subscriptions = Array.from({ length: 20 }, () => t.listen(transport, query))
    for (const each of subscriptions)
      expect((await each.nextData()).queueStats).toMatchObject([{ name: 'q' }])
    const before = t.server.statementCount
    const startedAt = performance.now()
    for (let n = 0; n < 5; n++) await subscriptions[0]?.nextData()
    const samples = (performance.now() - startedAt) / 200
    expect(t.server.statementCount - before).toBeLessThanOrEqual(2 * (samples + 3))
    await Promise.all(subscriptions.map((each) => each.stop()))
    await using consumers = t.listen(
      transport,
      'subscription { consumerStats(queue: "q") { name pendingEvents } }',
    )
    expect((await consumers.nextData()).consumerStats).toEqual([
      { name: 'c', pendingEvents: expect.any(String) },
    ])
  })
})

describe.each(transports)('a disconnect over %s', (transport) => {
  test('ends the stream on the server and gives the consumer back', async () => {
    await using t = await setUp()
    await t.register('c')
    const streams = [t.listen(transport, tailQuery), t.listen(transport, batchesQuery('consumer: "c"'))]
    const pending = streams.map((stream) => stream.next(20_000).catch(() => null))
    const claimed = async () => (await t.sql('select from pgq_gateway.stream')).rowCount
    await until(async () => (await claimed()) === 1, 'the claim')
    for (const stream of streams) await stream.stop()
    await until(async () => (await claimed()) === 0, 'the end of the claim', { timeoutMs: 2_000 })
    await Promise.all(pending)
  })
})
