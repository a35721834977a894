import { describe, expect, test } from 'vitest'
import { until } from '../../../test/support/deadline.ts'
import { startTestServer } from '../../../test/support/server.ts'
import type { ConsumerInfo, QueueInfo } from '../../src/index.ts'
import { failureOf } from '../support/failure.ts'
import { Received } from '../support/received.ts'
import { transports } from '../support/transports.ts'

async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = []
  for await (const value of values) all.push(value)
  return all
}

describe.each(transports)('over $name', ({ createClient }) => {
  test('registers and unregisters consumers and members, and says whether that changed anything', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await client.createQueue('orders')
    expect(await client.registerConsumer('orders', 'billing')).toBe(true)
    expect(await client.registerConsumer('orders', 'billing')).toBe(false)
    expect(await client.registerConsumer('orders', 'group', { subconsumer: 'one' })).toBe(true)
    expect(await client.unregisterConsumer('orders', 'group', { subconsumer: 'one' })).toBe(true)
    expect(await client.unregisterConsumer('orders', 'group', { subconsumer: 'one' })).toBe(false)
    expect(await client.unregisterConsumer('orders', 'billing')).toBe(true)
    expect(await client.unregisterConsumer('orders', 'billing')).toBe(false)
    expect(await failureOf(client.registerConsumer('missing', 'billing'))).toMatchObject({
      code: 'QUEUE_NOT_FOUND',
    })
  })

  test('registers a consumer at a tick', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await client.createQueue('orders', { tickerMaxLagSeconds: 0.01 })
    const [queue] = await collect(client.queues())
    await client.publish('orders', { data: 'before' })
    await until(async () => (await collect(client.queues()))[0]?.lastTickId !== queue?.lastTickId, 'a tick')
    await client.registerConsumer('orders', 'billing', { atTick: queue?.lastTickId ?? '' })
    const received = new Received<string | null>()
    await using _consumption = client.consume('orders', { consumer: 'billing' }, (batch) => {
      for (const event of batch.events) received.push(event.data)
    })
    expect(await received.next()).toBe('before')
  })

  test('reads dead letters over several pages, and requeues and deletes them', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await client.createQueue('orders', { tickerMaxLagSeconds: 0.01 })
    let isFailing = true
    const received = new Received<unknown>()
    await using consumption = client.consume('orders', { consumer: 'billing' }, (batch) => {
      for (const event of batch.events) {
        if (isFailing) batch.fail(event, 'no such order')
        else received.push(event.json)
      }
    })
    await consumption.ready
    await client.publish(
      'orders',
      Array.from({ length: 7 }, (_, id) => ({ type: 'created', json: { id } })),
    )
    const letters = () => collect(client.deadLetters({ queue: 'orders', consumer: 'billing', pageSize: 3 }))
    await until(async () => (await letters()).length === 7, 'the dead letters')
    const all = await letters()
    expect(all.map(({ event }) => event.json)).toEqual([0, 1, 2, 3, 4, 5, 6].map((id) => ({ id })))
    const [first, second] = all
    expect(first).toMatchObject({ queue: 'orders', consumerName: 'billing', reason: 'no such order' })
    expect(await collect(client.deadLetters({ consumer: 'another' }))).toEqual([])

    isFailing = false
    expect(await client.requeueDeadLetters({ deadLetterIds: [first?.deadLetterId ?? ''] })).toBe(1)
    expect(await received.next()).toEqual({ id: 0 })
    expect(await client.deleteDeadLetters({ deadLetterIds: [second?.deadLetterId ?? ''] })).toBe(1)
    expect(await client.deleteDeadLetters({ queue: 'orders' })).toBe(5)
    expect(await client.deleteDeadLetters({ queue: 'orders' })).toBe(0)
  })

  test('ends an iteration over pages with the reason of its signal', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    const reason = new Error('changed my mind')
    await expect(collect(client.queues({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
  })

  test('lists queues by a pattern, over several pages', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    for (const name of ['a1', 'a2', 'a3', 'b1']) await client.createQueue(name, { tickerMaxCount: 7 })
    const queues = await collect(client.queues({ nameLike: 'a%', pageSize: 2 }))
    expect(queues.map(({ name, tickerMaxCount }) => [name, tickerMaxCount])).toEqual([
      ['a1', 7],
      ['a2', 7],
      ['a3', 7],
    ])
  })

  test('gives the figures of queues and consumers at an interval', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    for (const name of ['orders', 'mails']) {
      await client.createQueue(name)
      await client.registerConsumer(name, 'billing')
    }
    const queues: QueueInfo[][] = []
    for await (const sample of client.queueStats({ queues: ['orders'], intervalSeconds: 0.1 })) {
      queues.push(sample)
      if (queues.length === 2) break
    }
    expect(queues).toMatchObject([
      [{ name: 'orders', deadLetterCount: '0' }],
      [{ name: 'orders', deadLetterCount: '0' }],
    ])
    const consumers: ConsumerInfo[][] = []
    for await (const sample of client.consumerStats({ queue: 'mails', intervalSeconds: 0.1 })) {
      consumers.push(sample)
      if (consumers.length === 2) break
    }
    expect(consumers[1]).toMatchObject([{ name: 'billing', queue: 'mails', cooperative: false }])
    const refused = client.queueStats({ intervalSeconds: 0 })
    expect(await failureOf(refused.next())).toMatchObject({ code: 'BAD_INPUT' })
  })
})
