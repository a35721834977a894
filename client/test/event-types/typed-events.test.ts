import { expect, test } from 'vitest'
import { until } from '../../../test/support/deadline.ts'
import { startTestServer } from '../../../test/support/server.ts'
import {
  type ConsumeProblem,
  createClient,
  createPublisher,
  fail,
  InvalidPayloadError,
  type KnownEventTypes,
  type PgqClient,
  type TypedEvent,
} from '../../src/index.ts'
import { Received } from '../support/received.ts'

interface Created {
  id: number
}
interface EventTypes {
  orders: { created: Created; noted: string | null }
  mails: { invoice: Created }
}
const eventTypes: KnownEventTypes<EventTypes> = [
  ['mails', 'invoice', 1],
  ['orders', 'created', 1],
  ['orders', 'noted', 1],
]
const created = {
  type: 'object',
  properties: { id: { type: 'integer' } },
  required: ['id'],
}

async function startQueues() {
  const server = await startTestServer()
  const client = createClient({ url: server.url, eventTypes })
  for (const name of ['orders', 'mails']) await client.createQueue(name, { tickerMaxLagSeconds: 0.01 })
  const sql = await server.fixture.connect()
  return {
    server,
    client,
    /** Inserts as a program that knows nothing of the types does. */
    async insert(type: string | null, data: string | null, queue = 'orders') {
      await sql.query('select pgq.insert_event($1, $2, $3)', [queue, type, data])
    },
    async [Symbol.asyncDispose]() {
      await sql.end()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function register(client: PgqClient<EventTypes>, input: object): Promise<void> {
  const document =
    'mutation Register($input: RegisterEventTypeInput!) { registerEventType(input: $input) { created } }'
  await client.request(document, { input })
}

async function deadLetters(client: PgqClient<EventTypes>): Promise<{ reason: string; event: object }[]> {
  const document = '{ deadLetters { nodes { reason event { type data } } } }'
  const answer = (await client.request(document)) as {
    deadLetters: { nodes: { reason: string; event: object }[] }
  }
  return answer.deadLetters.nodes
}

test('gives handlers the payloads of their type, and every other event to the fallback', async () => {
  await using setting = await startQueues()
  const { client } = setting
  const received = new Received<unknown[]>()
  await using consumption = client.consume(
    'orders',
    { consumer: 'a' },
    {
      types: {
        created: (event) => received.push(['created', event.json.id]),
        noted: (event) => received.push(['noted', event.json]),
      },
      fallback: (event) => received.push(['fallback', event.type, event.data]),
    },
  )
  await consumption.ready
  await client.publish('orders', 'created', { id: 1 }, { extra1: 'key' })
  await client.publish('orders', [{ type: 'noted', json: 'text' }])
  await client.publish('orders', 'noted', null)
  await setting.insert('created later', '{"id": 1}')
  await setting.insert(null, '{"id": 1}')
  await setting.insert('noted', ' null\n')
  const seen: unknown[] = []
  for (let count = 0; count < 6; count++) seen.push(await received.next())
  expect(seen).toEqual([
    ['created', 1],
    ['noted', 'text'],
    ['noted', null],
    ['fallback', 'created later', '{"id": 1}'],
    ['fallback', null, '{"id": 1}'],
    ['noted', null],
  ])
})

test('keeps what is not JSON from a typed handler, as a dead letter that says so', async () => {
  await using setting = await startQueues()
  const { client } = setting
  const problems: ConsumeProblem[] = []
  const received = new Received<unknown>()
  await using consumption = client.consume(
    'orders',
    { consumer: 'a', onProblem: (problem) => problems.push(problem) },
    {
      types: { created: (event) => received.push(event.json), noted: (event) => received.push(event.json) },
      fallback: () => fail('unknown'),
    },
  )
  await consumption.ready
  for (const data of ['id=1&name=x', '', null, '{"id": 1', '\u00a0null']) await setting.insert('noted', data)
  await setting.insert('created', '{"id": 7}')
  expect(await received.next()).toEqual({ id: 7 })
  const letters = await until(async () => {
    const all = await deadLetters(client)
    return all.length === 5 && all
  }, 'the dead letters')
  expect(new Set(letters.map(({ reason }) => reason))).toEqual(
    new Set(['The payload of this event of type "noted" is not JSON']),
  )
  expect(received.all).toEqual([{ id: 7 }])
  expect(problems).toHaveLength(5)
  expect(problems[0]).toMatchObject({ kind: 'event', afterSeconds: null, tries: 1 })
  expect(problems[0]?.error).toBeInstanceOf(InvalidPayloadError)
})

test('runs a handler without known types with what is not JSON, as ever', async () => {
  await using setting = await startQueues()
  const client = createClient({ url: setting.server.url })
  const received = new Received<unknown>()
  await using consumption = client.consume(
    'orders',
    { consumer: 'a' },
    {
      types: { created: (event) => received.push([event.json, event.data]) },
      fallback: () => fail('unknown'),
    },
  )
  await consumption.ready
  await setting.insert('created', 'id=1')
  expect(await received.next()).toEqual([null, 'id=1'])
})

test.each([
  [
    'throws',
    (event: TypedEvent<string, unknown>) => {
      Created.parse(event.json)
    },
  ],
  [
    'rejects',
    async (event: TypedEvent<string, unknown>) => {
      Created.parse(event.json)
    },
  ],
])('gives up on a payload for which the check %s, once, with its reason', async (_how, check) => {
  await using setting = await startQueues()
  const { client } = setting
  const received = new Received<number>()
  await using consumption = client.consume(
    'mails',
    { consumer: 'a', onProblem: () => {} },
    { types: { invoice: (event) => received.push(event.json.id) }, fallback: () => fail('unknown'), check },
  )
  await consumption.ready
  await setting.insert('invoice', '{"id": "seven"}', 'mails')
  await setting.insert('invoice', '{"id": 8}', 'mails')
  expect(await received.next()).toBe(8)
  const letters = await until(async () => {
    const all = await deadLetters(client)
    return all.length === 1 && all
  }, 'the dead letter')
  expect(letters[0]?.reason).toBe('The payload of this event of type "invoice" is refused: id is no number')
  expect(received.all).toEqual([8])
})

/** Throws as a validator of a library does. */
const Created = {
  parse(value: unknown): void {
    const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
    if (typeof id !== 'number') throw new TypeError('id is no number')
  },
}

test('leaves payloads that are none to the handler `invalid`, with the reason', async () => {
  await using setting = await startQueues()
  const { client } = setting
  const received = new Received<unknown>()
  await using consumption = client.consume(
    'mails',
    { consumer: 'a' },
    {
      types: { invoice: () => received.push('handled') },
      fallback: () => fail('unknown'),
      check: (event) => Created.parse(event.json),
      invalid(event, batch, error) {
        batch.publish('orders', 'created', { id: 9 })
        received.push([event.data, error.message, error.cause instanceof TypeError])
        return event.data === 'no' ? fail('by hand') : undefined
      },
    },
  )
  await consumption.ready
  await setting.insert('invoice', '{}', 'mails')
  await setting.insert('invoice', 'no', 'mails')
  const type = 'The payload of this event of type "invoice"'
  expect(await received.next()).toEqual(['{}', `${type} is refused: id is no number`, true])
  expect(await received.next()).toEqual(['no', `${type} is not JSON`, false])
  const letters = await until(async () => {
    const all = await deadLetters(client)
    return all.length > 0 && all
  }, 'the dead letter')
  expect(letters).toEqual([{ reason: 'by hand', event: { type: 'invoice', data: 'no' } }])
})

test('publishes typed follow-ups with the end of the batch, from handlers of both kinds', async () => {
  await using setting = await startQueues()
  const { client } = setting
  const mails = new Received<[string | null, number]>()
  await using mailer = client.consume(
    'mails',
    { consumer: 'mailer' },
    {
      types: { invoice: (event) => mails.push([event.extra1, event.json.id]) },
      fallback: () => fail('unknown'),
    },
  )
  await using byEvent = client.consume(
    'orders',
    { consumer: 'by event' },
    {
      types: {
        created: (event, batch) =>
          batch.publish('mails', 'invoice', { id: event.json.id }, { extra1: 'event' }),
        noted: () => {},
      },
      fallback: () => fail('unknown'),
    },
  )
  await using byBatch = client.consume('orders', { consumer: 'by batch' }, (batch) => {
    for (const event of batch.events) {
      if (event.type === 'created' && event.json) {
        batch.publish('mails', { type: 'invoice', json: event.json, extra1: 'batch' })
      }
    }
  })
  await Promise.all([mailer.ready, byEvent.ready, byBatch.ready])
  await client.publish('orders', 'created', { id: 5 })
  const seen = [await mails.next(), await mails.next()]
  expect(seen.toSorted()).toEqual([
    ['batch', 5],
    ['event', 5],
  ])
})

test('a publisher takes a type and its payload, and an event that the server refuses fails alone', async () => {
  await using setting = await startQueues()
  const { client, server } = setting
  await register(client, { queue: 'orders', type: 'created', schema: created, enforce: true })
  await using publisher = client.publisher('orders')
  await using alone = createPublisher<EventTypes['orders']>('orders', { url: server.url })
  const wrong = { id: 'one' } as unknown as Created
  const results = await Promise.allSettled([
    publisher.publish('created', { id: 1 }),
    publisher.publish('created', wrong),
    publisher.publish({ type: 'created', json: { id: 2 } }),
    alone.publish('created', { id: 3 }, { extra1: 'key' }),
    publisher.publish('noted', undefined as unknown as null),
  ])
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'rejected',
  ])
  expect(results[1]).toMatchObject({ reason: { code: 'INVALID_PAYLOAD' } })
  expect(results[4]).toMatchObject({ reason: { code: 'BAD_INPUT' } })
  await expect(client.publish('orders', 'created', wrong)).rejects.toMatchObject({ code: 'INVALID_PAYLOAD' })
  const undefinedPayload = client.publish('orders', 'noted', undefined as unknown as null)
  await expect(undefinedPayload).rejects.toMatchObject({ code: 'BAD_INPUT' })
})

test('tells where the server has other event types than the client, in the queues that it knows', async () => {
  await using setting = await startQueues()
  const { client, server } = setting
  await client.createQueue('others')
  await register(client, { queue: 'others', type: 'of no concern', schema: {} })
  await register(client, { queue: 'mails', type: 'invoice', schema: created })
  await register(client, { queue: 'orders', type: 'created', schema: created })
  expect(await client.checkEventTypes()).toEqual([
    { queue: 'orders', type: 'noted', knownVersion: 1, serverVersion: null },
  ])
  await register(client, { queue: 'orders', type: 'noted', schema: { type: ['string', 'null'] } })
  expect(await client.checkEventTypes()).toEqual([])
  await register(client, {
    queue: 'orders',
    type: 'created',
    schema: { ...created, properties: { ...created.properties, note: { type: 'string' } } },
  })
  await register(client, { queue: 'orders', type: 'refunded', schema: created })
  expect(await client.checkEventTypes()).toEqual([
    { queue: 'orders', type: 'created', knownVersion: 1, serverVersion: 2 },
    { queue: 'orders', type: 'refunded', knownVersion: null, serverVersion: 1 },
  ])
  await client.request('mutation { removeEventType(input: { queue: "orders", type: "noted" }) { removed } }')
  await register(client, { queue: 'orders', type: 'noted', schema: { type: 'object' } })
  expect(await client.checkEventTypes()).toContainEqual({
    queue: 'orders',
    type: 'noted',
    knownVersion: 1,
    serverVersion: 2,
  })
  await expect(createClient({ url: server.url }).checkEventTypes()).rejects.toThrow('without eventTypes')
})

test('consumes on with types that are out of date, and loses none of the newer events', async () => {
  await using setting = await startQueues()
  const { client } = setting
  await register(client, { queue: 'orders', type: 'created', schema: created, enforce: true })
  await register(client, { queue: 'orders', type: 'refunded', schema: created, enforce: true })
  const received = new Received<unknown>()
  await using consumption = client.consume(
    'orders',
    { consumer: 'a' },
    {
      types: { created: (event) => received.push(event.json), noted: () => {} },
      fallback: (event) => received.push([event.type, event.json]),
    },
  )
  await consumption.ready
  await client.publish('orders', 'created', { id: 1, since: 'version 2' } as Created)
  await createClient({ url: setting.server.url }).publish('orders', { type: 'refunded', json: { id: 1 } })
  expect(await received.next()).toEqual({ id: 1, since: 'version 2' })
  expect(await received.next()).toEqual(['refunded', { id: 1 }])
})

test('an event whose follow-up is refused fails alone: the others are settled, once, with theirs', async () => {
  await using setting = await startQueues()
  const { client } = setting
  await register(client, { queue: 'mails', type: 'invoice', schema: created, enforce: true })
  const handled: number[] = []
  const problems = new Received<ConsumeProblem>()
  const mails = new Received<unknown>()
  const id = (wrong: string) => wrong as unknown as number
  await using mailer = client.consume(
    'mails',
    { consumer: 'mailer' },
    {
      types: { invoice: (event) => mails.push(event.json.id) },
      fallback: () => fail('unknown'),
    },
  )
  await using consumption = client.consume(
    'orders',
    {
      consumer: 'a',
      retries: { maxTries: 2, baseSeconds: 0 },
      onProblem: (problem) => problems.push(problem),
    },
    {
      types: {
        created(event, batch) {
          handled.push(event.json.id)
          batch.publish('mails', 'invoice', { id: event.json.id })
          if (event.json.id === 2) batch.publish('mails', 'invoice', { id: id('two') })
          if (event.json.id === 4)
            batch.publish('mails', { type: 'invoice', json: { id: 4 }, extra1: 'no\0text' })
        },
        noted: () => {},
      },
      fallback: () => fail('unknown'),
    },
  )
  await Promise.all([mailer.ready, consumption.ready])
  await client.publish(
    'orders',
    [1, 2, 3, 4, 5].map((number) => ({ type: 'created' as const, json: { id: number } })),
  )
  expect([await mails.next(), await mails.next(), await mails.next()]).toEqual([1, 3, 5])
  const letters = await until(async () => {
    const all = await deadLetters(client)
    return all.length === 2 && all
  }, 'the dead letters')
  expect(letters.map(({ event }) => event)).toEqual([
    { type: 'created', data: '{"id":2}' },
    { type: 'created', data: '{"id":4}' },
  ])
  expect(letters[0]?.reason).toContain('/id must be integer')
  expect(handled).toEqual([1, 2, 3, 4, 5, 2, 4])
  expect(problems.all).toMatchObject([
    { kind: 'event', tries: 1, error: { code: 'BAD_INPUT' } },
    { kind: 'event', tries: 1, error: { code: 'INVALID_PAYLOAD' } },
    { kind: 'event', tries: 2, afterSeconds: null },
    { kind: 'event', tries: 2, afterSeconds: null },
  ])
  expect(mails.all).toEqual([1, 3, 5])
})
