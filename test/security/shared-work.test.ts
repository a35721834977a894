import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Credentials } from '../../src/access/credentials.ts'
import { until } from '../support/deadline.ts'
import { type Data, type Subscription, subscribe, transports } from '../support/graphql.ts'
import { type GuardedServer, startGuardedServer } from './guarded-server.ts'

let t: GuardedServer
/** Called for each message that is given to a stream, in the middle of its delivery. */
let onDelivery = (_caller: string) => {}

beforeAll(async () => {
  t = await startGuardedServer({
    ticker: false,
    instrumentation: { delivery: ({ caller }) => onDelivery(caller) },
  })
  for (const queue of ['red', 'blue']) {
    await t.done('root', `mutation { createQueue(input: { name: "${queue}" }) { created } }`)
    await t.done(
      'root',
      `mutation { registerEventType(input: { queue: "${queue}", type: "${queue} type", schema: { type: "number" }, enforce: true }) { created } }`,
    )
    for (const consumer of ['one', 'two'])
      await t.done(
        'root',
        `mutation { registerConsumer(input: { queue: "${queue}", consumer: "${consumer}" }) { registered } }`,
      )
  }
})

beforeEach(async () => {
  onDelivery = () => {}
  await until(() => t.database.feed.subscriberCount === 0, 'the end of earlier streams')
})

afterAll(() => t[Symbol.asyncDispose]())

const publish = (queue: string, events: string) =>
  t.done('root', `mutation { insertEvents(input: { queue: "${queue}", events: [${events}] }) { eventIds } }`)

/** Ticks a queue. @returns Where a tail begins that is given all from here on. */
const lastTick = async (queue: string): Promise<Data> => {
  await tick(queue)
  const { queue: found } = await t.done('root', `{ queue(name: "${queue}") { lastTickId } }`)
  return { after: found.lastTickId }
}

const tick = (queue: string) =>
  t.done('root', `mutation { tick(input: { queue: "${queue}", force: true }) { tickId } }`)

/** Callers, and the queues and consumers that each may see. */
const sights: readonly [grants: string[], queues: string[], consumers: string[]][] = [
  [['admin'], ['blue', 'red'], ['blue one', 'blue two', 'red one', 'red two']],
  [['stats:main/red'], ['red'], ['red one', 'red two']],
  [['stats:main/blue'], ['blue'], ['blue one', 'blue two']],
  [['consume:main/red/one'], ['red'], ['red one']],
  [['consume:main/*/two'], ['blue', 'red'], ['blue two', 'red two']],
  [['publish:main/blue'], ['blue'], []],
  [[], [], []],
]

const countOf = (names: readonly string[], name: string) => names.filter((each) => each === name).length
const namesOf = (nodes: { name: string }[]) => nodes.map(({ name }) => name)
const placesOf = (nodes: { name: string; queue: { name: string } }[]) =>
  nodes.map(({ name, queue }) => `${queue.name} ${name}`)

test('requests of one moment, with one text, are answered to each by their own sight', async () => {
  const query = `query ($queue: String!) {
    queues { nodes { name consumers { nodes { name } } eventTypes { type } } }
    consumers { nodes { name queue { name } } }
    one: queue(name: $queue) { name consumers { nodes { name } } }
    two: consumer(queue: $queue, name: "two") { name }
    eventTypes { type } }`
  const names = sights.map(([grants], index) => t.admit(`caller ${index}`, grants))
  for (let round = 0; round < 20; round++) {
    const queue = round % 2 === 0 ? 'red' : 'blue'
    const answers = await Promise.all(names.map((name) => t.ask(name, query, { queue })))
    for (const [index, { data }] of answers.entries()) {
      const [, queues = [], consumers = []] = sights[index] ?? []
      if (queues.length === 0) {
        expect(data?.queues ?? null).toBeNull()
        continue
      }
      const within = (of: string) =>
        consumers.filter((each) => each.startsWith(of)).map((each) => ({ name: each.slice(of.length + 1) }))
      expect(data).toEqual({
        queues: {
          nodes: queues.map((name) => ({
            name,
            consumers: { nodes: within(name) },
            eventTypes: [{ type: `${name} type` }],
          })),
        },
        consumers: {
          nodes: consumers.map((each) => ({ name: each.split(' ')[1], queue: { name: each.split(' ')[0] } })),
        },
        one: queues.includes(queue) ? { name: queue, consumers: { nodes: within(queue) } } : null,
        two: consumers.includes(`${queue} two`) ? { name: 'two' } : null,
        eventTypes: queues.map((name) => ({ type: `${name} type` })),
      })
    }
  }
})

test('events that are published together fail each for its own payload', async () => {
  const publishers = ['a', 'b', 'c'].map((name) => t.admit(name, ['publish:main/red']))
  const attempts = Array.from({ length: 60 }, (_, n) => ({
    caller: publishers[n % 3] ?? '',
    json: n % 2 === 0 ? n : `secret ${n}`,
  }))
  const answers = await Promise.all(
    attempts.map(({ caller, json }) =>
      t.ask(
        caller,
        'mutation ($json: JSON) { insertEvent(input: { queue: "red", type: "red type", json: $json }) { eventId } }',
        { json },
      ),
    ),
  )
  for (const [n, { data, errors }] of answers.entries()) {
    if (n % 2 === 0) expect(data?.insertEvent.eventId).toMatch(/^\d+$/)
    else
      expect(errors?.map(({ extensions }) => extensions)).toEqual([
        { code: 'INVALID_PAYLOAD', field: 'json' },
      ])
    expect(JSON.stringify(errors ?? [])).not.toContain('secret')
  }
  const ids = answers.flatMap(({ data }) => data?.insertEvent?.eventId ?? [])
  expect(new Set(ids).size).toBe(30)
})

describe.each(transports)('streams of one moment over %s', (transport) => {
  test('give samples to each by their own sight, with the same operation', async () => {
    const seeing = sights.filter(([, queues]) => queues.length > 0)
    // Two callers of each sight, as payloads are shared among those.
    const callers = [...seeing, ...seeing].map(([grants, queues, consumers], index) => ({
      name: t.admit(`watcher ${index}`, grants),
      queues,
      consumers,
    }))
    for (const [query, read, field] of [
      [
        'subscription { queueStats(intervalSeconds: 0.1) { name } }',
        ({ queueStats }: Data) => namesOf(queueStats),
        'queues',
      ],
      [
        'subscription { consumerStats(intervalSeconds: 0.1) { name queue { name } } }',
        ({ consumerStats }: Data) => placesOf(consumerStats),
        'consumers',
      ],
    ] as const) {
      const streams = callers.map(({ name }) => subscribe(transport, t.url, query, {}, name))
      try {
        for (let round = 0; round < 3; round++) {
          const given = await Promise.all(streams.map((stream) => stream.nextData()))
          expect(given.map(read)).toEqual(callers.map((caller) => caller[field]))
        }
      } finally {
        await Promise.all(streams.map((stream) => stream.stop()))
      }
    }
  })

  test('give a tail to each by their own conditions, whichever share a reader', async () => {
    const tenants: [grants: string[], sees: string[]][] = [
      [['read:main/red'], ['a', 'b', 'c']],
      [['read:main/red?extra1=a'], ['a']],
      [['read:main/red?extra1=b'], ['b']],
      [
        ['read:main/red?extra1=a', 'read:main/red?extra1=b'],
        ['a', 'b'],
      ],
      [['read:main/red?extra1=none'], []],
    ]
    const readers = [...tenants, ...tenants].map(([grants, sees], index) => ({
      name: t.admit(`reader ${index}`, grants),
      sees,
    }))
    const query =
      'subscription ($after: BigInt) { tail(queue: "red", after: $after) { ... on TickBatch { events { extra1 data } } } }'
    const from = await lastTick('red')
    const streams = readers.map(({ name }) => subscribe(transport, t.url, query, from, name))
    try {
      const first = streams.map((stream) => stream.nextData())
      await until(() => t.database.feed.subscriberCount >= tenants.length, 'the tails')
      for (let round = 0; round < 10; round++) {
        const given = round === 0 ? first : streams.map((stream) => stream.nextData())
        await publish(
          'red',
          ['a', 'b', 'c'].map((of) => `{ extra1: "${of}", data: "${of} ${round}" }`).join(),
        )
        await tick('red')
        for (const [index, data] of (await Promise.all(given)).entries())
          expect(data.tail.events).toEqual(
            readers[index]?.sees.map((of) => ({ extra1: of, data: `${of} ${round}` })),
          )
      }
    } finally {
      await Promise.all(streams.map((stream) => stream.stop()))
    }
  })

  test('give nothing more to credentials that end in the middle of a delivery that others share', async () => {
    const credentials = new Credentials()
    const leaving = t.admit('leaving', ['read:main/blue'], { credentials })
    const staying = t.admit('staying', ['read:main/blue'])
    const query =
      'subscription ($after: BigInt) { tail(queue: "blue", after: $after) { ... on TickBatch { events { data } } } }'
    const from = await lastTick('blue')
    const open = (name: string) => ({ name, stream: subscribe(transport, t.url, query, from, name) })
    const all = Array.from({ length: 20 }, (_, n) => open(n % 2 === 0 ? leaving : staying))
    try {
      const first = all.map(({ stream }) => stream.nextData())
      await until(() => t.database.feed.subscriberCount > 0, 'the tails')
      await publish('blue', '{ data: "for all" }')
      await tick('blue')
      await Promise.all(first)
      const deliveries: string[] = []
      let given = 0
      onDelivery = (caller) => {
        deliveries.push(caller)
        if (caller === staying && ++given === 3) credentials.revoke()
      }
      const second = all.map(({ stream }) => stream.next())
      await publish('blue', '{ data: "for those who stay" }')
      await tick('blue')
      const answers = await Promise.all(second)
      const atEnd = deliveries.findIndex((_, index) => countOf(deliveries.slice(0, index + 1), staying) === 3)
      expect(deliveries.slice(atEnd)).not.toContain(leaving)
      expect(countOf(deliveries, staying)).toBe(10)
      for (const [index, { data, errors }] of answers.entries()) {
        if (all[index]?.name === staying) expect(data?.tail.events).toEqual([{ data: 'for those who stay' }])
        else if (errors) expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED')
      }
      const refused = answers.filter(({ errors }) => errors).length
      expect(refused).toBe(10 - countOf(deliveries, leaving))
      expect(refused).toBeGreaterThan(0)
    } finally {
      await Promise.all(all.map(({ stream }) => stream.stop()))
    }
  })
})

test('what one consumer retries, and what is read ahead for it, is for no other', async () => {
  const query = (consumer: string) =>
    `subscription { batches(input: { queue: "red", consumer: "${consumer}" }) { batchId leaseToken consumerName events { eventId data retry } } }`
  const names = ['one', 'two'].map((consumer) => t.admit(consumer, [`consume:main/red/${consumer}`]))
  const streams = names.map((name) => subscribe('WebSocket', t.url, query(name), {}, name))
  /** Reads batches until there is an event that was published for this, and settles all but that. */
  const nextWith = async (stream: Subscription, name: string, data: string): Promise<Data> => {
    const { batches } = await stream.nextData()
    expect(batches.consumerName).toBe(name)
    if (batches.events.some((event: Data) => event.data === data)) return batches
    await finish(name, batches, '')
    return nextWith(stream, name, data)
  }
  const finish = (name: string, { batchId, leaseToken }: Data, more: string) =>
    t.done(
      name,
      `mutation { finishBatch(input: { batchId: "${batchId}", leaseToken: "${leaseToken}" ${more} }) { finished } }`,
    )
  try {
    await publish('red', '{ data: "to retry" }')
    await tick('red')
    const [ofOne, ofTwo] = await Promise.all(
      streams.map((stream, index) => nextWith(stream, names[index] ?? '', 'to retry')),
    )
    const eventId = ofOne?.events.find((event: Data) => event.data === 'to retry').eventId
    // Both are told of the next tick, and its events are read ahead.
    await publish('red', '{ data: "next" }')
    await finish('one', ofOne ?? {}, `retries: [{ eventId: "${eventId}", afterSeconds: 0 }]`)
    await finish('two', ofTwo ?? {}, '')
    const client = await t.fixture.connect()
    await client.query('select pgq.maint_retry_events()')
    await client.end()
    await tick('red')
    const [nextOfOne, nextOfTwo] = await Promise.all(
      streams.map((stream, index) => nextWith(stream, names[index] ?? '', 'next')),
    )
    expect(nextOfTwo?.events.map(({ data, retry }: Data) => [data, retry])).toEqual([['next', null]])
    expect(nextOfOne?.events.map(({ data, retry }: Data) => [data, retry]).sort()).toEqual([
      ['next', null],
      ['to retry', 1],
    ])
  } finally {
    await Promise.all(streams.map((stream) => stream.stop()))
  }
})
