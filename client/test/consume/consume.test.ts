import { describe, expect, test } from 'vitest'
import { withDeadline } from '../../../test/support/deadline.ts'
import { startTestServer } from '../../../test/support/server.ts'
import type { Batch, ConsumeProblem, PgqClient } from '../../src/index.ts'
import { Received } from '../support/received.ts'
import { transports } from '../support/transports.ts'

/** Creates queues that tick soon enough for a test on a busy machine. */
async function setUp(client: PgqClient, ...queues: string[]): Promise<void> {
  for (const queue of queues) await client.createQueue(queue, { tickerMaxLagSeconds: 0.01 })
}

const dataOf = (batch: Pick<Batch, 'events'>) => batch.events.map((event) => event.data)

describe.each(transports)('over $name', ({ createClient }) => {
  test('gives each event that is published to a plain consumer, once', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await setUp(client, 'orders')
    const received = new Received<string | null>()
    const consumption = client.consume('orders', { consumer: 'billing' }, (batch) => {
      for (const event of batch.events) received.push(event.data)
    })
    await consumption.ready
    for (let index = 0; index < 20; index++) await client.publish('orders', { data: String(index) })
    for (let index = 0; index < 20; index++) expect(await received.next()).toBe(String(index))
    await consumption.stop()
    expect(received.all).toHaveLength(20)
  })

  test('settles retries, failures and new events with the batch', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await setUp(client, 'orders', 'follow-ups')
    const received = new Received<{ data: string | null; retry: number | null }>()
    const followUps = new Received<unknown>()
    await using billing = client.consume('orders', { consumer: 'billing' }, (batch) => {
      for (const event of batch.events) {
        received.push({ data: event.data, retry: event.retry })
        if (event.data === 'later' && event.retry === null) batch.retry(event, 0)
        if (event.data === 'never') batch.fail(event, 'no such order')
        if (event.data === 'good')
          batch.publish('follow-ups', { type: 'paid', json: { event: event.eventId } })
      }
    })
    await using followUp = client.consume('follow-ups', { consumer: 'mailer' }, (batch) => {
      for (const event of batch.events) followUps.push(event.json)
    })
    await Promise.all([billing.ready, followUp.ready])
    const [goodId] = await client.publish('orders', [{ data: 'good' }, { data: 'later' }, { data: 'never' }])
    for (const data of ['good', 'later', 'never']) {
      expect(await received.next()).toEqual({ data, retry: null })
    }
    expect(await received.next()).toEqual({ data: 'later', retry: 1 })
    expect(await followUps.next()).toEqual({ event: goodId })
    expect(await client.request('{ deadLetters { nodes { consumerName reason event { data } } } }')).toEqual({
      deadLetters: {
        nodes: [{ consumerName: 'billing', reason: 'no such order', event: { data: 'never' } }],
      },
    })
  })

  test('gives a batch again whole when the handler throws, without what it had decided', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await setUp(client, 'orders')
    const attempts = new Received<{ batchId: string; attempt: number; data: (string | null)[] }>()
    const problems: ConsumeProblem[] = []
    const options = { consumer: 'billing', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
    await using consumption = client.consume('orders', options, (batch) => {
      attempts.push({ batchId: batch.batchId, attempt: batch.attempt, data: dataOf(batch) })
      if (batch.attempt > 2 || batch.events[0]?.data === 'c') return
      for (const event of batch.events) batch.fail(event)
      throw new Error('the printer is on fire')
    })
    await consumption.ready
    await client.publish('orders', [{ data: 'a' }, { data: 'b' }])
    const first = await attempts.next()
    expect(first).toMatchObject({ attempt: 1, data: ['a', 'b'] })
    expect(await attempts.next()).toEqual({ ...first, attempt: 2 })
    expect(await attempts.next()).toEqual({ ...first, attempt: 3 })
    await client.publish('orders', { data: 'c' })
    expect(await attempts.next()).toMatchObject({ attempt: 1, data: ['c'] })
    expect(problems).toMatchObject([
      { kind: 'handler', attempt: 1, error: new Error('the printer is on fire') },
      { kind: 'handler', attempt: 2 },
    ])
    expect(await client.request('{ deadLetters { nodes { id } } }')).toEqual({ deadLetters: { nodes: [] } })
  })

  test('gives a batch again when what the handler decided is refused', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await setUp(client, 'orders')
    const attempts = new Received<number>()
    const problems: ConsumeProblem[] = []
    const options = { consumer: 'billing', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
    await using consumption = client.consume('orders', options, (batch) => {
      if (batch.attempt === 1) batch.publish('no-such-queue', { data: '' })
      attempts.push(batch.attempt)
    })
    await consumption.ready
    await client.publish('orders', { data: 'a' })
    expect([await attempts.next(), await attempts.next()]).toEqual([1, 2])
    expect(problems).toMatchObject([{ kind: 'handler', error: { code: 'QUEUE_NOT_FOUND' } }])
  })

  test('settles batches without events by itself', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await setUp(client, 'orders')
    const received = new Received<string | null>()
    await using consumption = client.consume('orders', { consumer: 'billing' }, (batch) => {
      received.push(batch.events[0]?.data ?? 'empty')
    })
    await consumption.ready
    for (let index = 0; index < 3; index++) {
      await client.request('mutation { tick(input: {queue: "orders", force: true}) { tickId } }')
    }
    await client.publish('orders', { data: 'full' })
    expect(await received.next()).toBe('full')
  })

  test('reads a batch that is larger than a page', async () => {
    await using server = await startTestServer({ limits: { maxEventsPerPage: 10, maxBatchEvents: 10 } })
    const client = createClient({ url: server.url })
    await setUp(client, 'orders')
    const received = new Received<Batch>()
    await using consumption = client.consume('orders', { consumer: 'billing' }, (batch) =>
      received.push(batch),
    )
    await consumption.ready
    const data = Array.from({ length: 47 }, (_, index) => String(index))
    await client.publish(
      'orders',
      data.map((each) => ({ data: each })),
    )
    expect(dataOf(await received.next())).toEqual(data)
  })

  test('shares batches among the members of a cooperative consumer', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await setUp(client, 'orders')
    const received = new Received<string | null>()
    const workers = new Received<string>()
    let release = () => {}
    const bothWork = new Promise<void>((resolve) => {
      release = resolve
    })
    const work = async (batch: Batch) => {
      workers.push(batch.consumerName)
      await bothWork
      for (const data of dataOf(batch)) received.push(data)
    }
    await using one = client.consume('orders', { consumer: 'group', subconsumer: 'one' }, work)
    await using two = client.consume('orders', { consumer: 'group', subconsumer: 'two' }, work)
    await Promise.all([one.ready, two.ready])
    await client.publish('orders', { data: '0' })
    const first = await workers.next()
    await client.publish('orders', { data: '1' })
    const second = await workers.next()
    expect([first, second].sort()).toEqual(['group.one', 'group.two'])
    release()
    for (let index = 2; index < 30; index++) await client.publish('orders', { data: String(index) })
    for (let index = 0; index < 30; index++) await received.next()
    expect(new Set(received.all).size).toBe(30)
  })

  test('refuses a second worker of a plain consumer with CONSUMER_BUSY, unless it stands by', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await setUp(client, 'orders')
    const received = new Received<string>()
    const first = client.consume('orders', { consumer: 'billing' }, () => received.push('first'))
    await first.ready
    await client.publish('orders', { data: '' })
    expect(await received.next()).toBe('first')

    const problems: ConsumeProblem[] = []
    const options = { consumer: 'billing', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
    const second = client.consume('orders', options, () => {})
    await expect(withDeadline(second.done, 'the refusal')).rejects.toMatchObject({ code: 'CONSUMER_BUSY' })
    expect(problems).toMatchObject([{ kind: 'ended', error: { code: 'CONSUMER_BUSY', field: 'consumer' } }])

    await using standby = client.consume('orders', { consumer: 'billing', standby: true }, () =>
      received.push('standby'),
    )
    await standby.ready
    await first.stop()
    await client.publish('orders', { data: '' })
    expect(await received.next()).toBe('standby')
  })

  test('ends with QUEUE_NOT_FOUND on a queue that is missing', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    const consumption = client.consume('missing', { consumer: 'billing', onProblem: () => {} }, () => {})
    await expect(withDeadline(consumption.ready, 'the refusal')).rejects.toMatchObject({
      code: 'QUEUE_NOT_FOUND',
    })
  })

  test('registers nothing when it must not', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await setUp(client, 'orders')
    const options = { consumer: 'billing', register: false, onProblem: () => {} }
    const consumption = client.consume('orders', options, () => {})
    await expect(withDeadline(consumption.done, 'the refusal')).rejects.toMatchObject({
      code: 'CONSUMER_NOT_FOUND',
    })
  })

  test('takes batches with for await, settled one by one', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await setUp(client, 'orders')
    await client.request(
      'mutation { registerConsumer(input: {queue: "orders", consumer: "billing"}) { registered } }',
    )
    await client.publish('orders', { data: '0' })
    const received: (string | null)[] = []
    for await (const batch of client.batches('orders', { consumer: 'billing' })) {
      received.push(...dataOf(batch))
      await batch.finish()
      if (received.length === 3) break
      await client.publish('orders', { data: String(received.length) })
    }
    expect(received).toEqual(['0', '1', '2'])
  })

  test('refuses to go on to the next batch before this one is finished', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await setUp(client, 'orders')
    await client.request(
      'mutation { registerConsumer(input: {queue: "orders", consumer: "billing"}) { registered } }',
    )
    await client.publish('orders', { data: '' })
    const batches = client.batches('orders', { consumer: 'billing' })
    await batches.next()
    await expect(batches.next()).rejects.toThrow('must be finished')
  })
})
