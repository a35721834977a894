import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Credentials } from '../../src/access/credentials.ts'
import { type Caller, createCaller } from '../../src/caller.ts'
import { PgqError } from '../../src/errors.ts'
import { until } from '../support/deadline.ts'
import { type Result, request, type Subscription, subscribe, transports } from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const callers = new Map<string, Caller>()
let t: TestServer

beforeAll(async () => {
  t = await startTestServer({ authenticate })
  admit('root', 'admin')
  for (const queue of ['orders', 'other', 'secret'])
    await done('root', `mutation { createQueue(input: { name: "${queue}" }) { created } }`)
  for (const [queue, consumer] of [
    ['orders', 'billing'],
    ['orders', 'mail'],
    ['secret', 'spy'],
  ])
    await done(
      'root',
      `mutation { registerConsumer(input: { queue: "${queue}", consumer: "${consumer}" }) { registered } }`,
    )
})

afterAll(() => t[Symbol.asyncDispose]())

function authenticate(request: IncomingMessage, params?: Readonly<Record<string, unknown>>): Caller {
  const credentials = String(params?.authorization ?? request.headers.authorization ?? '')
  const caller = callers.get(credentials.replace(/^Bearer /, ''))
  if (!caller) throw new PgqError('UNAUTHENTICATED', 'Send a token')
  return caller
}

function admit(name: string, ...grants: string[]): string {
  callers.set(name, createCaller({ name, grants }))
  return name
}

const ask = (name: string, query: string, variables = {}): Promise<Result> =>
  request(t.url, query, variables, undefined, name)

async function done(name: string, query: string) {
  const { data, errors } = await ask(name, query)
  if (errors || !data) throw new Error(JSON.stringify(errors))
  return data
}

async function refusal(name: string, query: string) {
  const { errors } = await ask(name, query)
  return errors?.map(({ message, extensions }) => ({ message, ...extensions }))
}

/** Publishes to a queue, and opens the batch of that event as one of its consumers. */
async function openBatch(queue: string, consumer: string): Promise<{ batchId: string; leaseToken: string }> {
  await done(
    'root',
    `mutation { insertEvent(input: { queue: "${queue}", type: "t", data: "payload" }) { eventId } }`,
  )
  const next = `mutation { nextBatch(input: { queue: "${queue}", consumer: "${consumer}" }) {
    batch { batchId leaseToken events { eventId } } } }`
  const find = async () => {
    await done('root', `mutation { tick(input: { queue: "${queue}", force: true }) { tickId } }`)
    const { batch } = (await done('root', next)).nextBatch
    if (!batch || batch.events.length > 0) return batch
    // It is that of an earlier tick.
    const input = `{ batchId: "${batch.batchId}", leaseToken: "${batch.leaseToken}" }`
    await done('root', `mutation { finishBatch(input: ${input}) { finished } }`)
    return null
  }
  return until(find, 'a batch with the event')
}

test('lists show what is granted, and pages of them are full', async () => {
  const name = admit('lister', 'stats:main/o*', 'stats:main/secret/nobody')
  const data = await done(
    name,
    `{ databases { name } queues(first: 2) { nodes { name consumers { nodes { name } } } pageInfo { hasNextPage } }
       consumers { nodes { name queue { name } } } eventTypes { type } }`,
  )
  expect(data.queues).toEqual({
    nodes: [
      { name: 'orders', consumers: { nodes: [{ name: 'billing' }, { name: 'mail' }] } },
      { name: 'other', consumers: { nodes: [] } },
    ],
    pageInfo: { hasNextPage: true },
  })
  expect(data.consumers.nodes.map((each: { name: string }) => each.name)).toEqual(['billing', 'mail'])
})

describe('what may not be seen answers as what is not there:', () => {
  const name = admit('outsider', 'admin:main/other', 'consume:main/orders/mail')
  const pairs: [kind: string, query: (thing: string) => string, hidden: string, absent: string][] = [
    ['queue', (queue) => `{ queue(name: "${queue}") { name } }`, 'secret', 'absent'],
    [
      'a list of a queue',
      (queue) => `{ consumers(queue: "${queue}") { nodes { name } } }`,
      'secret',
      'absent',
    ],
    [
      'dead letters',
      (queue) => `{ deadLetters(queue: "${queue}") { nodes { reason } } }`,
      'secret',
      'absent',
    ],
    ['event types', (queue) => `{ eventTypes(queue: "${queue}") { type } }`, 'secret', 'absent'],
    [
      'a consumer',
      (consumer) => `{ consumer(queue: "orders", name: "${consumer}") { name } }`,
      'billing',
      'absent',
    ],
    [
      'to publish',
      (queue) => `mutation { insertEvent(input: { queue: "${queue}", type: "x" }) { eventId } }`,
      'secret',
      'absent',
    ],
    [
      'to open a batch',
      (consumer) =>
        `mutation { nextBatch(input: { queue: "orders", consumer: "${consumer}" }) { batch { batchId } } }`,
      'billing',
      'absent',
    ],
    [
      'a database',
      (database) => `{ queue(database: "${database}", name: "q") { name } }`,
      'hidden',
      'absent',
    ],
  ]

  test.each(pairs)('%s', async (_, query, hidden, absent) => {
    const [ofHidden, ofAbsent] = [await ask(name, query(hidden)), await ask(name, query(absent))]
    expect(JSON.stringify(ofHidden).replaceAll(hidden, absent)).toBe(JSON.stringify(ofAbsent))
  })

  test.each([
    ['a queue', `{ queue(name: "other") { name } }`, 'Queue:main/other', 'Queue:main/secret'],
    ['a consumer', '', 'Consumer:main/orders/mail', 'Consumer:main/orders/billing'],
  ])('%s by its id', async (_, __, seen, hidden) => {
    const node = (id: string) => `{ node(id: "${Buffer.from(id).toString('base64url')}") { __typename } }`
    expect((await done(name, node(seen))).node).not.toBeNull()
    expect((await done(name, node(hidden))).node).toBeNull()
  })

  test('the words for a queue and a consumer are those of SQL', async () => {
    const sql = await refusal(
      'root',
      'mutation { insertEvent(input: { queue: "absent", type: "x" }) { eventId } }',
    )
    expect(
      await refusal(name, 'mutation { insertEvent(input: { queue: "absent", type: "x" }) { eventId } }'),
    ).toEqual(sql)
    const next =
      'mutation { nextBatch(input: { queue: "orders", consumer: "absent" }) { batch { batchId } } }'
    expect(await refusal(name, next)).toEqual(await refusal('root', next))
  })
})

test('what may be seen but not done is FORBIDDEN, and says the grant', async () => {
  const name = admit('watcher', 'stats:main/orders')
  expect(
    await refusal(name, 'mutation { insertEvent(input: { queue: "orders", type: "x" }) { eventId } }'),
  ).toEqual([{ code: 'FORBIDDEN', message: 'This needs the grant publish:main/orders' }])
  expect(await refusal(name, '{ queue(name: "orders") { ticks { nodes { tickId } } } }')).toEqual([
    { code: 'FORBIDDEN', message: 'This needs the grant read:main/orders' },
  ])
  expect(await refusal(name, '{ deadLetters(queue: "orders") { nodes { reason } } }')).toEqual([
    { code: 'FORBIDDEN', message: 'This needs the grant read:main/orders or consume:main/orders' },
  ])
  expect(await refusal(name, 'mutation { createQueue(input: { name: "new" }) { created } }')).toEqual([
    { code: 'FORBIDDEN', message: 'This needs the grant admin:main/new' },
  ])
})

describe('a batch', () => {
  test('is read and settled with its token and a grant for its consumer', async () => {
    const { batchId, leaseToken } = await openBatch('orders', 'billing')
    const stranger = admit('stranger', 'consume:main/orders/mail', 'stats:main/orders')
    const reader = admit('reader', 'read:main/orders')
    const owner = admit('owner', 'consume:main/orders/billing')
    const read = (id: string) => `{ batch(id: "${id}") { consumerName events { data } } }`
    expect(await done(stranger, read(batchId))).toEqual({ batch: null })
    expect((await done(reader, read(batchId))).batch.events).toEqual([{ data: 'payload' }])
    const finish = (id: string, more = '') =>
      `mutation { finishBatch(input: { batchId: "${id}", leaseToken: "${leaseToken}" ${more} }) { finished } }`
    expect(await refusal(stranger, finish(batchId))).toEqual(await refusal(stranger, finish('987654321')))
    expect(await refusal(reader, finish(batchId))).toEqual([
      { code: 'FORBIDDEN', message: 'This needs the grant consume:main/orders/billing' },
    ])
    for (const other of [
      `touchBatch(input: { batchId: "${batchId}", leaseToken: "${leaseToken}" }) { touched }`,
      `retryBatch(input: { batchId: "${batchId}", leaseToken: "${leaseToken}" }) { eventCount }`,
      `failEvent(input: { batchId: "${batchId}", leaseToken: "${leaseToken}", eventId: "1" }) { __typename }`,
    ])
      expect((await refusal(stranger, `mutation { ${other} }`))?.[0]?.code, other).toBe('STALE_LEASE')
    const publish = 'publish: [{ queue: "secret", type: "leak" }]'
    expect((await refusal(owner, finish(batchId, publish)))?.[0]).toMatchObject({ code: 'QUEUE_NOT_FOUND' })
    expect(await done(owner, finish(batchId))).toEqual({ finishBatch: { finished: true } })
  })

  test('of a stream is settled without asking whose it is again', async () => {
    const owner = admit('streamer', 'consume:main/orders/mail', 'publish:main/orders')
    await using stream = subscribe(
      'WebSocket',
      t.url,
      'subscription { batches(input: { queue: "orders", consumer: "mail" }) { batchId leaseToken } }',
      {},
      owner,
    )
    await done(owner, 'mutation { insertEvent(input: { queue: "orders", type: "x" }) { eventId } }')
    const { batchId, leaseToken } = (await stream.nextData()).batches
    const before = t.statementCount
    await done(
      owner,
      `mutation { finishBatch(input: { batchId: "${batchId}", leaseToken: "${leaseToken}" }) { finished } }`,
    )
    expect(t.statementCount - before).toBeLessThanOrEqual(2)
  })
})

describe('a tail with conditions', () => {
  test.each(transports)('gives each caller their own events, over %s', async (transport) => {
    await until(() => t.database.feed.subscriberCount === 0, 'the end of other streams')
    callers.set(
      'ann',
      createCaller({ name: 'ann', grants: ['read:main/other?extra1={tenant}'], claims: { tenant: 'a' } }),
    )
    callers.set(
      'both',
      createCaller({ name: 'both', grants: ['read:main/other?extra1=a', 'read:main/other?extra1=b'] }),
    )
    const query =
      'subscription ($filter: EventFilter) { tail(queue: "other", filter: $filter) { ... on TickBatch { events { extra1 data } } } }'
    await using ann = subscribe(transport, t.url, query, {}, 'ann')
    await using both = subscribe(transport, t.url, query, {}, 'both')
    await using contrary = subscribe(transport, t.url, query, { filter: { extra1: 'b' } }, 'ann')
    const firstEvents = async (stream: Subscription): Promise<unknown> => {
      const { events } = (await stream.nextData()).tail
      // A queue without events is ticked, too.
      return events.length > 0 ? events : firstEvents(stream)
    }
    const given = Promise.all([ann, both].map(firstEvents))
    const ofContrary = contrary.nextData()
    await until(() => t.database.feed.subscriberCount === 3, 'the tails')
    const events = ['a', 'b', 'c'].map((tenant) => `{ extra1: "${tenant}", data: "of ${tenant}" }`).join()
    await done(
      'root',
      `mutation { insertEvents(input: { queue: "other", events: [${events}] }) { eventIds } }`,
    )
    const of = (tenant: string) => ({ extra1: tenant, data: `of ${tenant}` })
    expect(await given).toEqual([[of('a')], [of('a'), of('b')]])
    expect((await ofContrary).tail.events).toEqual([])
  })

  test('shows nothing else of the queue', async () => {
    const name = admit('tenant', 'read:main/other?extra1=a')
    expect(await done(name, '{ queue(name: "other") { name } }')).toEqual({ queue: { name: 'other' } })
    for (const field of ['newEvents', 'deadLetterCount', 'ticks { nodes { tickId } }'])
      expect((await refusal(name, `{ queue(name: "other") { ${field} } }`))?.[0]?.code, field).toBe(
        'FORBIDDEN',
      )
    expect((await refusal(name, '{ deadLetters { nodes { reason } } }'))?.[0]?.code).toBe('FORBIDDEN')
  })
})

describe.each(transports)('over %s, a stream whose credentials end', (transport) => {
  const query = 'subscription { queueStats(intervalSeconds: 3600) { name } }'

  test.each(['expire', 'are revoked'])('when they %s, says so at once and ends', async (how) => {
    const credentials = new Credentials(how === 'expire' ? Date.now() + 1_500 : undefined)
    callers.set('passing', createCaller({ name: 'passing', grants: ['stats'], credentials }))
    await using stream = subscribe(transport, t.url, query, {}, 'passing')
    await stream.nextData()
    if (how === 'are revoked') credentials.revoke()
    const { errors } = await stream.next(3_000)
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
    await stream.ended()
    expect((await refusal('passing', '{ me { name } }'))?.[0]?.code).toBe('UNAUTHENTICATED')
  })
})

test('a batch in work is settled by a request with new credentials', async () => {
  const credentials = new Credentials()
  callers.set('old', createCaller({ name: 'old', grants: ['consume:main/secret/spy'], credentials }))
  admit('new', 'consume:main/secret/spy')
  await done('root', 'mutation { insertEvent(input: { queue: "secret", type: "x" }) { eventId } }')
  const query = 'subscription { batches(input: { queue: "secret", consumer: "spy" }) { batchId leaseToken } }'
  await using stream = subscribe('SSE', t.url, query, {}, 'old')
  const { batchId, leaseToken } = (await stream.nextData()).batches
  credentials.revoke()
  expect((await stream.next()).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  const finish = `mutation { finishBatch(input: { batchId: "${batchId}", leaseToken: "${leaseToken}" }) { finished } }`
  expect(await done('new', finish)).toEqual({ finishBatch: { finished: true } })
})

test('me says who asks and what they may', async () => {
  const name = admit('page', 'publish:main/orders', 'stats')
  const may = (verb: string, queue: string) => `may(verbs: [${verb}], queue: "${queue}")`
  expect(
    await done(
      name,
      `{ me { name grants expiresAt a: ${may('PUBLISH', 'orders')} b: ${may('PUBLISH', 'other')} } }`,
    ),
  ).toEqual({
    me: { name, grants: ['publish:main/orders/*', 'stats:*/*/*'], expiresAt: null, a: true, b: false },
  })
})
