import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../support/deadline.ts'
import { type Data, subscribe, transports } from '../support/graphql.ts'
import { answersAbout } from './alike.ts'
import { type GuardedServer, openBatch, startGuardedServer } from './guarded-server.ts'

let t: GuardedServer

beforeAll(async () => {
  t = await startGuardedServer({ federation: true })
  for (const queue of ['orders', 'other', 'hidden']) await createQueue(queue)
})

afterAll(() => t[Symbol.asyncDispose]())

const createQueue = (queue: string) =>
  t.done('root', 'mutation ($queue: String!) { createQueue(input: { name: $queue }) { created } }', { queue })

const register = (queue: string, consumer: string, subconsumer?: string) =>
  t.done(
    'root',
    subconsumer === undefined
      ? `mutation { registerConsumer(input: { queue: "${queue}", consumer: "${consumer}" }) { registered } }`
      : `mutation { registerSubconsumer(input: { queue: "${queue}", consumer: "${consumer}", subconsumer: "${subconsumer}" }) { registered } }`,
  )

/** Publishes an event, and opens it as a member. */
async function openAsMember(queue: string, consumer: string, subconsumer: string): Promise<Data> {
  await t.done(
    'root',
    `mutation { insertEvent(input: { queue: "${queue}", type: "t", data: "of the group" }) { eventId } }`,
  )
  await t.done('root', `mutation { tick(input: { queue: "${queue}", force: true }) { tickId } }`)
  const next = `mutation { nextCoopBatch(input: { queue: "${queue}", consumer: "${consumer}", subconsumer: "${subconsumer}" }) {
    batch { batchId leaseToken } } }`
  return until(async () => (await t.done('root', next)).nextCoopBatch.batch, 'a batch of the group')
}

const touch = ({ batchId, leaseToken }: Data) =>
  t.done(
    'root',
    `mutation { touchBatch(input: { batchId: "${batchId}", leaseToken: "${leaseToken}" }) { touched } }`,
  )

async function failEvent(queue: string, consumer: string, reason: string, data?: string): Promise<string> {
  await register(queue, consumer)
  const { batchId, leaseToken, eventId } = await openBatch(t, { queue, consumer, ...(data && { data }) })
  const lease = `batchId: "${batchId}", leaseToken: "${leaseToken}"`
  const { failEvent } = await t.done(
    'root',
    `mutation { failEvent(input: { ${lease}, eventId: "${eventId}", reason: "${reason}" }) { deadLetter { deadLetterId } } }`,
  )
  await t.done('root', `mutation { finishBatch(input: { ${lease} }) { finished } }`)
  return failEvent.deadLetter.deadLetterId
}

const idOf = (...parts: string[]) => Buffer.from(parts.join(':')).toString('base64url')

describe('a member is no consumer of its full name: who may consume as "a.b"', () => {
  const attempts: [what: string, operation: string][] = [
    [
      'move',
      'mutation { registerConsumer(input: { queue: "Q", consumer: "a.b", atTick: "1" }) { registered } }',
    ],
    ['register', 'mutation { registerConsumer(input: { queue: "Q", consumer: "a.b" }) { registered } }'],
    [
      'unregister',
      'mutation { unregisterConsumer(input: { queue: "Q", consumer: "a.b" }) { unregisteredCount } }',
    ],
    [
      'open a batch of',
      'mutation { nextBatch(input: { queue: "Q", consumer: "a.b" }) { batch { batchId } } }',
    ],
    [
      'join the group of',
      'mutation { nextCoopBatch(input: { queue: "Q", consumer: "a.b", subconsumer: "c" }) { batch { batchId events { data } } } }',
    ],
    [
      'register a member below',
      'mutation { registerSubconsumer(input: { queue: "Q", consumer: "a.b", subconsumer: "c" }) { registered } }',
    ],
  ]

  test.each(attempts)('cannot %s the member b of a', async (what, operation) => {
    const queue = `dots to ${what}`
    await createQueue(queue)
    await register(queue, 'a', 'b')
    const batch = await openAsMember(queue, 'a', 'b')
    const thief = t.admit('thief', [`consume:main/${encodeURIComponent(queue)}/a.b`])
    expect((await t.refused(thief, operation.replace('Q', queue))).extensions.code).toBe('BAD_INPUT')
    expect(await touch(batch)).toEqual({ touchBatch: { touched: true } })
    const { consumer } = await t.done(
      'root',
      `{ consumer(queue: "${queue}", name: "a") { subconsumers { fullName currentBatch { batchId } } } }`,
    )
    expect(consumer.subconsumers).toEqual([{ fullName: 'a.b', currentBatch: { batchId: batch.batchId } }])
  })

  test.each(transports)(
    'cannot claim the member b of a by a stream over %s, or see its batch',
    async (transport) => {
      const queue = `dots over ${transport}`
      await createQueue(queue)
      await register(queue, 'a', 'b')
      const { batchId } = await openAsMember(queue, 'a', 'b')
      const thief = t.admit('thief', [`consume:main/${encodeURIComponent(queue)}/a.b`])
      await using stream = subscribe(
        transport,
        t.url,
        `subscription { batches(input: { queue: "${queue}", consumer: "a.b", standby: true }) { batchId } }`,
        {},
        thief,
      )
      expect((await stream.next()).errors?.[0]?.extensions.code).toBe('BAD_INPUT')
      const seen = `{ consumer(queue: "${queue}", name: "a.b") { name } batch(id: "${batchId}") { batchId } }`
      expect(await t.done(thief, seen)).toEqual({ consumer: null, batch: null })
    },
  )

  test('cannot take dead letters of an earlier consumer of that name into the group', async () => {
    const queue = 'dots of letters'
    await createQueue(queue)
    await failEvent(queue, 'a.b', 'of the plain one')
    await t.done(
      'root',
      `mutation { unregisterConsumer(input: { queue: "${queue}", consumer: "a.b" }) { unregisteredCount } }`,
    )
    await register(queue, 'a', 'b')
    const thief = t.admit('thief', [`consume:main/${encodeURIComponent(queue)}/a.b`])
    const requeue = `mutation { requeueDeadLetters(input: { queue: "${queue}", consumer: "a.b" }) { requeuedCount } }`
    expect((await t.refused(thief, requeue)).extensions.code).toBe('CONSUMER_NOT_FOUND')
    expect((await t.done('root', `{ queue(name: "${queue}") { retryCount } }`)).queue.retryCount).toBe('0')
  })
})

describe('a consumer is no member by its name: who may consume as "a"', () => {
  const owner = () => t.admit('owner', ['consume:main/other/a'])

  test.each([
    ['b', 'a.b', undefined],
    ['b.c', 'a.b', 'c'],
  ])('cannot unregister %s where that is the consumer %s', async (subconsumer, consumer, member) => {
    await register('other', 'a')
    if (member === undefined) await register('other', consumer)
    else await register('other', consumer, member)
    const batch =
      member === undefined
        ? await openBatch(t, { queue: 'other', consumer })
        : await openAsMember('other', consumer, member)
    for (const handling of ['FAIL', 'RETRY_EVENTS', 'DISCARD'])
      expect(
        await t.done(
          owner(),
          `mutation { unregisterSubconsumer(input: { queue: "other", consumer: "a", subconsumer: "${subconsumer}", batchHandling: ${handling} }) { unregistered } }`,
        ),
      ).toEqual({ unregisterSubconsumer: { unregistered: false } })
    expect(await touch(batch)).toEqual({ touchBatch: { touched: true } })
    await t.done(
      'root',
      `mutation { finishBatch(input: { batchId: "${batch.batchId}", leaseToken: "${batch.leaseToken}" }) { finished } }`,
    )
    await t.done(
      'root',
      `mutation { unregisterConsumer(input: { queue: "other", consumer: "${consumer}" }) { unregisteredCount } }`,
    )
  })

  test('cannot make the plain consumer "a.b" a member', async () => {
    await register('other', 'a')
    await register('other', 'a.b')
    const next =
      'mutation { nextCoopBatch(input: { queue: "other", consumer: "a", subconsumer: "b" }) { batch { batchId } } }'
    expect((await t.refused(owner(), next)).extensions.code).toBe('BAD_INPUT')
    expect(
      (await t.done('root', '{ consumer(queue: "other", name: "a.b") { cooperative } }')).consumer,
    ).toEqual({
      cooperative: false,
    })
  })
})

describe('a dead letter', () => {
  let ofMail: string
  let ofSpy: string

  beforeAll(async () => {
    ofMail = await failEvent('orders', 'mail', 'a reason of mail')
    ofSpy = await failEvent('hidden', 'spy', 'a reason of spy')
  })

  test('of another consumer is not there: read, requeued and deleted by its id, alone and beside one of their own', async () => {
    const billing = t.admit('billing', ['consume:main/orders/billing'])
    const own = await failEvent('orders', 'billing', 'their own')
    const read = 'query ($node: ID!) { node(id: $node) { ... on DeadLetter { reason event { data } } } }'
    for (const [action, count] of [
      ['requeue', 'requeuedCount'],
      ['delete', 'deletedCount'],
    ]) {
      const act = `mutation ($id: BigInt!, $queue: String) { ${action}DeadLetters(input: { deadLetterIds: [$id, "${own}"], queue: $queue }) { ${count} } }`
      // Their own goes with the first call.
      await t.ask(billing, act, { id: '1000000' })
      for (const id of [ofMail, ofSpy])
        for (const queue of [null, 'hidden', 'orders']) {
          const both = await answersAbout(t, billing, act, {
            hidden: { id, queue },
            absent: { id: '1000000', queue: queue === 'hidden' ? 'absent' : queue },
          })
          expect(both.ofHidden).toBe(both.ofAbsent)
        }
    }
    for (const id of [ofMail, ofSpy]) {
      expect(await t.done(billing, read, { node: idOf('DeadLetter', `main/${id}`) })).toEqual({ node: null })
      expect((await t.done('root', read, { node: idOf('DeadLetter', `main/${id}`) })).node).not.toBeNull()
    }
  })

  test('is listed for its consumer alone, whatever the list is limited to', async () => {
    const billing = t.admit('billing', ['consume:main/orders/billing'])
    await failEvent('orders', 'billing', 'their own')
    for (const limits of ['', '(queue: "orders")', '(queue: "orders", consumer: "billing")', '(last: 100)'])
      expect(
        (await t.done(billing, `{ deadLetters${limits} { nodes { reason } } }`)).deadLetters.nodes,
      ).toEqual([{ reason: 'their own' }])
    expect(
      await t.done(billing, '{ deadLetters(queue: "orders", consumer: "mail") { nodes { reason } } }'),
    ).toEqual({
      deadLetters: { nodes: [] },
    })
  })
})

describe('what follows from a batch', () => {
  const stage = `mutation ($batchId: BigInt!, $leaseToken: String!) {
    stageSettlement(input: { batchId: $batchId, leaseToken: $leaseToken, part: 1, publish: [{ queue: "hidden", type: "leak", data: "secret" }] }) { staged } }`
  const finish = `mutation ($batchId: BigInt!, $leaseToken: String!) {
    finishBatch(input: { batchId: $batchId, leaseToken: $leaseToken, stagedParts: [1] }) { finished } }`

  test('is staged for a hidden queue, and finished by who may publish there, and by nobody else', async () => {
    await register('orders', 'stager')
    const batch = await openBatch(t, { queue: 'orders', consumer: 'stager' })
    const worker = t.admit('worker', ['consume:main/orders/stager', 'publish:main/orders'])
    const refusal = await t.refused(worker, stage, batch)
    expect(refusal.extensions.code).toBe('QUEUE_NOT_FOUND')
    await t.done('root', stage, batch)
    const error = await t.refused(worker, finish, batch)
    expect(error.extensions).toEqual({ code: 'FORBIDDEN', field: 'stagedParts' })
    expect(JSON.stringify(error)).not.toContain('hidden')
    const publisher = t.admit('publisher', ['consume:main/orders/stager', 'publish:main/hidden'])
    expect(await t.done(publisher, finish, batch)).toEqual({ finishBatch: { finished: true } })
  })

  test('says nothing of a hidden queue that checks payloads', async () => {
    await register('orders', 'leaker')
    const batch = await openBatch(t, { queue: 'orders', consumer: 'leaker' })
    await t.done(
      'root',
      'mutation { registerEventType(input: { queue: "hidden", type: "leak", schema: { type: "number" }, enforce: true }) { created } }',
    )
    const worker = t.admit('worker', ['consume:main/orders/leaker'])
    const query = `mutation ($queue: String!) { finishBatch(input: { batchId: "${batch.batchId}", leaseToken: "${batch.leaseToken}",
      publish: [{ queue: $queue, type: "leak", json: "no number" }] }) { finished } }`
    const both = await answersAbout(t, worker, query, {
      hidden: { queue: 'hidden' },
      absent: { queue: 'absent' },
    })
    expect(both.ofHidden).toBe(both.ofAbsent)
    await t.done('root', 'mutation { removeEventType(input: { queue: "hidden", type: "leak" }) { removed } }')
  })
})

describe('a lease', () => {
  test('that was stolen does not help who may not consume, and leaves the stream its batch', async () => {
    await register('orders', 'victim')
    await using stream = subscribe(
      'SSE',
      t.url,
      'subscription { batches(input: { queue: "orders", consumer: "victim" }) { batchId leaseToken } }',
      {},
      'root',
    )
    await t.done('root', 'mutation { insertEvent(input: { queue: "orders", type: "x" }) { eventId } }')
    const { batchId, leaseToken } = (await stream.nextData()).batches
    const thief = t.admit('thief', ['consume:main/orders/mail', 'publish'])
    for (const call of ['finishBatch', 'touchBatch', 'retryBatch']) {
      const field = { finishBatch: 'finished', touchBatch: 'touched', retryBatch: 'eventCount' }[call]
      const query = `mutation ($id: BigInt!) { ${call}(input: { batchId: $id, leaseToken: "${leaseToken}" }) { ${field} } }`
      const both = await answersAbout(t, thief, query, { hidden: { id: batchId }, absent: { id: '99999' } })
      expect(both.ofHidden).toBe(both.ofAbsent)
      expect(both.ofHidden).toContain('STALE_LEASE')
    }
    expect(await touch({ batchId, leaseToken })).toEqual({ touchBatch: { touched: true } })
  })

  test('of one batch settles no other', async () => {
    await register('orders', 'first')
    await register('orders', 'second')
    const first = await openBatch(t, { queue: 'orders', consumer: 'first' })
    const second = await openBatch(t, { queue: 'orders', consumer: 'second' })
    const worker = t.admit('worker', ['consume:main/orders/first', 'consume:main/orders/second'])
    const finish = `mutation { finishBatch(input: { batchId: "${second.batchId}", leaseToken: "${first.leaseToken}" }) { finished } }`
    expect((await t.refused(worker, finish)).extensions.code).toBe('STALE_LEASE')
    for (const batch of [first, second]) expect(await touch(batch)).toEqual({ touchBatch: { touched: true } })
  })

  test('is not needed for a batch that SQL has opened, but the grant is, also after the process has known its id', async () => {
    await register('orders', 'psql')
    await register('orders', 'mine')
    const own = await openBatch(t, { queue: 'orders', consumer: 'mine' })
    await t.done(
      'root',
      `mutation { finishBatch(input: { batchId: "${own.batchId}", leaseToken: "${own.leaseToken}" }) { finished } }`,
    )
    const client = await t.fixture.connect()
    try {
      // As after a failover that lost the last commits.
      await client.query(`select setval('pgq.batch_id_seq', $1, false)`, [own.batchId])
      const batchId = await until(async () => {
        await t.done('root', 'mutation { tick(input: { queue: "orders", force: true }) { tickId } }')
        const { rows } = await client.query<{ id: string | null }>(
          `select pgq.next_batch('orders', 'psql') as id`,
        )
        return rows[0]?.id
      }, 'a batch')
      expect(batchId).toBe(own.batchId)
      const worker = t.admit('worker', ['consume:main/orders/mine'])
      await t.ask(worker, `mutation { finishBatch(input: { batchId: "${batchId}" }) { finished } }`)
      const { rows } = await client.query('select from pgq.subscription where sub_batch = $1', [batchId])
      expect(rows).toHaveLength(1)
    } finally {
      await client.query(`select setval('pgq.batch_id_seq', 100000)`)
      await client.end()
    }
  })
})

describe('by way of what is theirs, a caller', () => {
  test('with one consumer sees no other: batch.queue.consumers, and who blocks the rotation', async () => {
    await register('orders', 'billing')
    await register('orders', 'mail')
    const { batchId } = await openBatch(t, { queue: 'orders', consumer: 'billing' })
    const billing = t.admit('billing', ['consume:main/orders/billing'])
    const query = `{ batch(id: "${batchId}") { queue { name consumers { nodes { name queue { consumers { edges { node { name } } } } } } } } }`
    expect((await t.done(billing, query)).batch.queue).toEqual({
      name: 'orders',
      consumers: {
        nodes: [{ name: 'billing', queue: { consumers: { edges: [{ node: { name: 'billing' } }] } } }],
      },
    })
    for (const field of [
      'rotationBlockedBy { name }',
      'retryCount',
      'lastTickId',
      'ticks { nodes { tickId } }',
    ])
      expect((await t.refused(billing, `{ queue(name: "orders") { ${field} } }`)).extensions.code).toBe(
        'FORBIDDEN',
      )
  })

  test('sees event types by no path that leads past their queues', async () => {
    await t.done(
      'root',
      'mutation { registerEventType(input: { queue: "hidden", type: "seen?", schema: { title: "canary" } }) { created } }',
    )
    await t.done(
      'root',
      'mutation { registerEventType(input: { queue: "orders", type: "own", schema: { title: "own" } }) { created } }',
    )
    const caller = t.admit('publisher', ['publish:main/orders'])
    const types = 'type versions { schema } queue { name eventTypes { type } }'
    expect((await t.done(caller, `{ eventTypes { ${types} } }`)).eventTypes).toEqual([
      {
        type: 'own',
        versions: [{ schema: { title: 'own' } }],
        queue: { name: 'orders', eventTypes: [{ type: 'own' }] },
      },
    ])
    const ways: [query: string, hidden: Data, absent: Data][] = [
      [
        `query ($queue: String) { eventTypes(queue: $queue) { ${types} } }`,
        { queue: 'hidden' },
        { queue: 'absent' },
      ],
      [
        `query ($queue: String!) { eventType(queue: $queue, type: "seen?") { ${types} } }`,
        { queue: 'hidden' },
        { queue: 'absent' },
      ],
      [
        `query ($node: ID!) { node(id: $node) { ... on EventType { ${types} } } }`,
        { node: idOf('EventType', 'main/hidden/seen%3F') },
        { node: idOf('EventType', 'main/absent/seen%3F') },
      ],
      [
        'mutation ($queue: String!) { registerEventType(input: { queue: $queue, type: "seen?", schema: false }) { created } }',
        { queue: 'hidden' },
        { queue: 'absent' },
      ],
      [
        'mutation ($queue: String!) { removeEventType(input: { queue: $queue, type: "seen?" }) { removed } }',
        { queue: 'hidden' },
        { queue: 'absent' },
      ],
    ]
    for (const [query, hidden, absent] of ways) {
      const both = await answersAbout(t, caller, query, { hidden, absent })
      expect(both.ofHidden).toBe(both.ofAbsent)
    }
  })

  test.each(transports)('hears of no other queue: statistics and ticks over %s', async (transport) => {
    const caller = t.admit('watcher', ['read:main/orders'])
    const queries: [query: string, expected: (data: Data) => void][] = [
      [
        'subscription { queueStats(queues: ["hidden", "absent", "orders"], intervalSeconds: 0.1) { name consumers { nodes { name } } } }',
        ({ queueStats }) => expect(queueStats.map(({ name }: Data) => name)).toEqual(['orders']),
      ],
      [
        'subscription { queueStats(intervalSeconds: 0.1) { name } }',
        ({ queueStats }) => expect(queueStats).toEqual([{ name: 'orders' }]),
      ],
      [
        'subscription { consumerStats(queue: "hidden", intervalSeconds: 0.1) { name } }',
        ({ consumerStats }) => expect(consumerStats).toEqual([]),
      ],
      [
        'subscription { consumerStats(intervalSeconds: 0.1) { queue { name } } }',
        ({ consumerStats }) =>
          expect(new Set(consumerStats.map(({ queue }: Data) => queue.name))).toEqual(new Set(['orders'])),
      ],
    ]
    for (const [query, expected] of queries) {
      await using stream = subscribe(transport, t.url, query, {}, caller)
      expected(await stream.nextData())
      expected(await stream.nextData())
    }
    await using stream = subscribe(
      transport,
      t.url,
      'subscription { ticks { ... on Tick { queue { name } } } }',
      {},
      caller,
    )
    const first = stream.nextData()
    await until(() => t.database.feed.subscriberCount > 0, 'the stream of ticks')
    for (const queue of ['hidden', 'other', 'orders'])
      await t.done('root', `mutation { tick(input: { queue: "${queue}", force: true }) { tickId } }`)
    expect((await first).ticks.queue.name).toBe('orders')
  })
})

describe('an id', () => {
  const hidden = [
    'Queue:main/hidden',
    'Consumer:main/hidden/spy',
    'Tick:main/hidden/1',
    'EventType:main/hidden/seen%3F',
  ]
  const absent = [
    'Queue:main/absent',
    'Consumer:main/absent/spy',
    'Tick:main/absent/1',
    'EventType:main/absent/seen%3F',
  ]

  test.each(hidden.map((id, index) => [id, absent[index] ?? '']))(
    'that is forged for %s finds nothing',
    async (of, ofAbsent) => {
      const caller = t.admit('outsider', ['admin:main/orders'])
      for (const query of [
        'query ($node: ID!) { node(id: $node) { id __typename } }',
        'query ($node: ID!) { _entities(representations: [{ id: $node, __typename: "Queue" }]) { __typename ... on Node { id } } }',
      ]) {
        const both = await answersAbout(t, caller, query, {
          hidden: { node: idOf(of) },
          absent: { node: idOf(ofAbsent) },
        })
        expect(both.ofHidden).toBe(both.ofAbsent)
        expect(both.ofHidden).toMatch(/"(node|_entities)":(null|\[null\])/)
      }
    },
  )

  test.each([
    'Query:main',
    'Database:main',
    'Event:main/1',
    'Caller:root',
    'Subconsumer:main/a.b',
    '__Type:Queue',
    'Node:main/hidden',
    'Batch:main/x',
  ])('of what is no node, such as %s, is refused, or finds nothing', async (id) => {
    const { data, errors } = await t.ask('root', 'query ($node: ID!) { node(id: $node) { id } }', {
      node: idOf(id),
    })
    expect(data?.node ?? null).toBeNull()
    for (const { extensions } of errors ?? []) expect(extensions.code).toBe('BAD_INPUT')
  })
})

describe('names are compared as they are written:', () => {
  const pairs: [kind: string, granted: string, actual: string][] = [
    ['a Cyrillic letter', 'оrders', 'orders'],
    ['another normalization', 'caf\u00e9', 'cafe\u0301'],
    ['a capital', 'Orders', 'orders'],
    ['a space at the end', 'orders ', 'orders'],
    ['a sharp s', 'strasse', 'stra\u00dfe'],
    ['a character of LIKE', 'or_ers', 'orders'],
    ['a percent of LIKE', 'or%ers', 'orders'],
    ['a star as a character', 'or*ers', 'orders'],
    ['a zero-width space', 'orders\u200b', 'orders'],
  ]

  test.each(pairs)('%s', async (_, granted, actual) => {
    for (const name of [granted, actual]) await createQueue(name)
    const part = encodeURIComponent(granted).replaceAll('*', '%2A')
    const caller = t.admit('look-alike', [`admin:main/${part}`])
    expect((await t.done(caller, '{ queues { nodes { name } } }')).queues.nodes).toEqual([{ name: granted }])
    const query = 'query ($queue: String!) { queue(name: $queue) { name } }'
    expect((await t.done(caller, query, { queue: granted })).queue).toEqual({ name: granted })
    expect((await t.done(caller, query, { queue: actual })).queue).toBeNull()
    await t.done(caller, 'mutation ($queue: String!) { dropQueue(input: { name: $queue }) { dropped } }', {
      queue: granted,
    })
  })
})

describe('a document', () => {
  const post = async (body: unknown) => {
    const response = await fetch(t.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer outsider' },
      body: JSON.stringify(body),
    })
    return (await response.json()) as { data?: Data; errors?: { extensions: { code: string } }[] }
  }

  beforeAll(() => void t.admit('outsider', ['stats:main/orders']))

  test('with aliases and fragments hides nothing from the check of each field', async () => {
    const query = `query ($queue: String!) {
      a: queue(name: "orders") { ...f } b: queue(name: $queue) { ...f ... on Node { id } } c: queues { nodes { ...f } } }
      fragment f on Queue { name ... @include(if: true) { x: eventTypes { type } } }`
    const both = await answersAbout(t, 'outsider', query, {
      hidden: { queue: 'hidden' },
      absent: { queue: 'absent' },
    })
    expect(both.ofHidden).toBe(both.ofAbsent)
    expect(both.ofHidden).not.toContain('hidden')
    const { errors } = await t.ask(
      'outsider',
      '{ a: queue(name: "orders") { name } b: queue(name: "orders") { ...f } } fragment f on Queue { y: ticks { nodes { tickId } } }',
    )
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
  })

  test('comes alone: a list of them is refused', async () => {
    const { data, errors } = await post([
      { query: '{ __typename }' },
      { query: '{ queues { nodes { name } } }' },
    ])
    expect(data).toBeUndefined()
    expect(errors?.[0]?.extensions.code).toBe('BAD_INPUT')
  })

  test.each(['@defer', '@stream(initialCount: 0)'])(
    'cannot ask for parts later, by %s',
    async (directive) => {
      const { errors } = await post({ query: `{ queues { nodes ${directive} { name } } }` })
      expect(errors?.[0]?.extensions.code).toBe('BAD_INPUT')
    },
  )
})

test('the SDL of the subgraph is the schema, and holds no name of a queue', async () => {
  const { _service } = await t.done('outsider', '{ _service { sdl } }')
  expect(_service.sdl).toContain('type Queue implements Node')
  expect(_service.sdl).not.toContain('hidden queue')
})

test('strangers learn from /health whether the gateway is ready, and no name of a database or a queue', async () => {
  const client = await t.fixture.connect()
  await createQueue('damaged canary')
  try {
    await client.query(`do $$ begin
      execute 'drop table ' || (select queue_data_pfx || '_' || queue_cur_table from pgq.queue where queue_name = 'damaged canary');
    end $$`)
    await until(() => JSON.stringify(t.gateway.health()).includes('canary'), 'a warning of the health', {
      timeoutMs: 60_000,
    })
    const response = await fetch(new URL('/health/ready', t.url))
    expect(await response.json()).toEqual({ status: 'ready' })
  } finally {
    await client.end()
    await t.done('root', 'mutation { dropQueue(input: { name: "damaged canary" }) { dropped } }')
  }
})
