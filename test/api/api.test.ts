import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { request, requestData } from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const ask = (query: string, variables = {}) => requestData(server.url, query, variables)
const createQueue = (name: string) =>
  ask('mutation ($name: String!) { createQueue(input: { name: $name }) { created queue { id name } } }', {
    name,
  })

describe('queues', () => {
  test('are created once, found by name and by node id, configured, and dropped', async () => {
    const { createQueue: first } = await createQueue('made')
    expect(first.created).toBe(true)
    expect((await createQueue('made')).createQueue.created).toBe(false)
    const byNode = await ask(
      'query ($id: ID!) { node(id: $id) { id ... on Queue { name tickerMaxLagSeconds } } }',
      {
        id: first.queue.id,
      },
    )
    expect(byNode.node).toEqual({ id: first.queue.id, name: 'made', tickerMaxLagSeconds: 0.05 })
    const { setQueueConfig } = await ask(
      'mutation { setQueueConfig(input: { name: "made", tickerMaxCount: 7, tickerIdlePeriodSeconds: 2.5 }) { queue { tickerMaxCount tickerIdlePeriodSeconds rotationPeriodSeconds } } }',
    )
    expect(setQueueConfig.queue).toEqual({
      tickerMaxCount: 7,
      tickerIdlePeriodSeconds: 2.5,
      rotationPeriodSeconds: 7200,
    })
    expect(await ask('mutation { dropQueue(input: { name: "made" }) { dropped } }')).toEqual({
      dropQueue: { dropped: true },
    })
    expect(await ask('mutation { dropQueue(input: { name: "made" }) { dropped } }')).toEqual({
      dropQueue: { dropped: false },
    })
    expect((await ask('query ($id: ID!) { node(id: $id) { id } }', { id: first.queue.id })).node).toBeNull()
  })

  test('of odd names are kept apart', async () => {
    const names = ['', ' ', 'a.b', 'ÄÖ', "it's", 'a"b', 'a/b%2F', '🐘', 'x'.repeat(1_000)]
    for (const name of names) {
      await createQueue(name)
      const { queue } = await ask('query ($name: String!) { queue(name: $name) { id name } }', { name })
      expect(queue.name).toBe(name)
      const { node } = await ask('query ($id: ID!) { node(id: $id) { ... on Queue { name } } }', {
        id: queue.id,
      })
      expect(node.name).toBe(name)
      await ask('mutation ($name: String!) { dropQueue(input: { name: $name }) { dropped } }', { name })
    }
  })

  test('are paged in both directions without missing or repeating one', async () => {
    const names = Array.from({ length: 7 }, (_, n) => `page-${n}`)
    for (const name of names) await createQueue(name)
    const query = `query ($first: Int, $after: String, $last: Int, $before: String) {
      queues(nameLike: "page-%", first: $first, after: $after, last: $last, before: $before) {
        edges { node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`
    const forward: string[] = []
    for (let after: string | null = null; ; ) {
      const { queues } = await ask(query, { first: 3, after })
      forward.push(...queues.edges.map((edge: { node: { name: string } }) => edge.node.name))
      after = queues.pageInfo.endCursor
      if (!queues.pageInfo.hasNextPage) break
    }
    expect(forward).toEqual(names)
    const { queues } = await ask(query, { last: 2 })
    expect(queues.edges.map((edge: { node: { name: string } }) => edge.node.name)).toEqual([
      'page-5',
      'page-6',
    ])
    expect(queues.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false })
    const before = await ask(query, { last: 2, before: queues.pageInfo.startCursor })
    expect(before.queues.edges.map((edge: { node: { name: string } }) => edge.node.name)).toEqual([
      'page-3',
      'page-4',
    ])
  })
})

describe('a life of events', () => {
  test('goes from publishing through retry and dead letter to an empty queue, in mutations alone', async () => {
    await createQueue('life')
    const { registerConsumer } = await ask(
      'mutation { registerConsumer(input: { queue: "life", consumer: "c" }) { registered consumer { name cooperative } } }',
    )
    expect(registerConsumer).toEqual({ registered: true, consumer: { name: 'c', cooperative: false } })
    const { insertEvents } = await ask(
      'mutation ($events: [EventInput!]!) { insertEvents(input: { queue: "life", events: $events }) { eventIds } }',
      {
        events: [
          { type: 'a', json: { n: 1 } },
          { type: 'b', data: 'id=7&title=R%26D+%22x%22&note' },
          { data: '', extra1: 'e' },
        ],
      },
    )
    expect(insertEvents.eventIds).toHaveLength(3)
    await ask('mutation { tick(input: { queue: "life", force: true }) { tickId } }')
    const open = `mutation { nextBatch(input: { queue: "life", consumer: "c" }) { batch {
      batchId leaseToken consumerName prevTickId tickId startTime endTime lagSeconds queue { name }
      events { eventId type data json extra1 retry time txid } } } }`
    let batch = (await ask(open)).nextBatch.batch
    // Ticks of an idle queue may come first.
    while (batch.events.length === 0) {
      await finish(batch, {})
      batch = (await ask(open)).nextBatch.batch
    }
    expect(batch.events.map((event: { json: unknown }) => event.json)).toEqual([
      { n: 1 },
      { id: '7', title: 'R&D "x"', note: null },
      null,
    ])
    const [a, b] = insertEvents.eventIds
    const held = { batchId: batch.batchId, leaseToken: batch.leaseToken }
    expect(
      (
        await ask('mutation ($input: RetryEventInput!) { retryEvent(input: $input) { retried } }', {
          input: { ...held, eventId: a, afterSeconds: 3600 },
        })
      ).retryEvent.retried,
    ).toBe(true)
    const { failEvent } = await ask(
      'mutation ($input: FailEventInput!) { failEvent(input: $input) { deadLetter { id reason consumerName event { eventId data } queue { deadLetterCount retryCount } } } }',
      { input: { ...held, eventId: b, reason: 'broken' } },
    )
    expect(failEvent.deadLetter).toMatchObject({
      reason: 'broken',
      consumerName: 'c',
      event: { eventId: b },
      queue: { deadLetterCount: '1', retryCount: '1' },
    })
    expect(await finish(held, {})).toBe(true)
    expect(await finish(held, {})).toBe(false)
    const { deadLetters } = await ask(
      '{ deadLetters(queue: "life") { edges { node { deadLetterId reason } } } }',
    )
    expect(deadLetters.edges).toHaveLength(1)
    const ids = [deadLetters.edges[0].node.deadLetterId]
    expect(
      await ask(
        'mutation ($ids: [BigInt!]) { deleteDeadLetters(input: { deadLetterIds: $ids }) { deletedCount } }',
        { ids },
      ),
    ).toEqual({
      deleteDeadLetters: { deletedCount: 1 },
    })
    expect(
      await ask(
        'mutation { unregisterConsumer(input: { queue: "life", consumer: "c" }) { unregisteredCount } }',
      ),
    ).toEqual({
      unregisterConsumer: { unregisteredCount: 1 },
    })
  })

  async function finish(batch: { batchId: string; leaseToken: string }, more: object): Promise<boolean> {
    const { batchId, leaseToken } = batch
    const data = await ask(
      'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }',
      {
        input: { batchId, leaseToken, ...more },
      },
    )
    return data.finishBatch.finished
  }
})

describe('cooperative consumers', () => {
  test('show their members under the main consumer, and let them leave', async () => {
    await createQueue('coop')
    const { registerSubconsumer } = await ask(
      `mutation { registerSubconsumer(input: { queue: "coop", consumer: "g", subconsumer: "one" }) {
        registered consumer { name cooperative subconsumers { name fullName currentBatch { batchId } } } } }`,
    )
    expect(registerSubconsumer).toEqual({
      registered: true,
      consumer: {
        name: 'g',
        cooperative: true,
        subconsumers: [{ name: 'one', fullName: 'g.one', currentBatch: null }],
      },
    })
    await ask(
      'mutation { insertEvent(input: { queue: "coop", type: "x" }) { eventId } tick(input: { queue: "coop", force: true }) { tickId } }',
    )
    const { nextCoopBatch } = await ask(
      'mutation { nextCoopBatch(input: { queue: "coop", consumer: "g", subconsumer: "one" }) { batch { batchId consumerName } } }',
    )
    expect(nextCoopBatch.batch.consumerName).toBe('g.one')
    const leave = (handling: string) =>
      request(
        server.url,
        `mutation { unregisterSubconsumer(input: { queue: "coop", consumer: "g", subconsumer: "one", batchHandling: ${handling} }) { unregistered } }`,
      )
    expect((await leave('FAIL')).errors?.[0]?.extensions.code).toBe('BATCH_ACTIVE')
    expect((await leave('RETRY_EVENTS')).data?.unregisterSubconsumer.unregistered).toBe(true)
    expect((await leave('FAIL')).data?.unregisterSubconsumer.unregistered).toBe(false)
    const { consumers } = await ask('{ consumers(queue: "coop") { edges { node { name } } } }')
    expect(consumers.edges).toEqual([{ node: { name: 'g' } }])
  })
})

describe('the cost of lists', () => {
  test('is a constant number of SQL statements, whatever is selected and however many there are', async () => {
    const query = `{ queues(first: 50) { edges { node {
      name eventsPerSecond newEvents retryCount deadLetterCount rotationBlockedBy { name }
      ticks(first: 2) { edges { node { tickId queue { name } } } }
      consumers(first: 5) { edges { node {
        name lagSeconds pendingEvents cooperative currentBatch { batchId queue { name } } queue { name lastTickId }
        subconsumers { name activeSeconds currentBatch { batchId } } } } } } } }
      consumers(first: 50) { edges { node { name queue { name } } } } }`
    const countStatements = async () => {
      const before = server.statementCount
      await ask(query)
      return server.statementCount - before
    }
    await createQueue('cost-0')
    await ask('mutation { registerConsumer(input: { queue: "cost-0", consumer: "c" }) { registered } }')
    const few = await countStatements()
    for (let n = 1; n <= 8; n++) {
      await createQueue(`cost-${n}`)
      const input = `input: { queue: "cost-${n}", consumer: "c${n}" }`
      await ask(`mutation { registerConsumer(${input}) { registered } }`)
      await ask(
        `mutation { registerSubconsumer(input: { queue: "cost-${n}", consumer: "g", subconsumer: "s" }) { registered } }`,
      )
    }
    expect(await countStatements()).toBeLessThanOrEqual(few + 1)
    expect(few).toBeLessThanOrEqual(14)
  })
})
