import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { until, withDeadline } from '../../../test/support/deadline.ts'
import { startTestServer } from '../../../test/support/server.ts'
import { createClient, createPublisher, webSocket } from '../../src/index.ts'
import { failureOf } from '../support/failure.ts'
import { Received } from '../support/received.ts'
import { ended, socketClient } from '../support/socket-client.ts'

const queue = { tickerMaxLagSeconds: 0.01 }

test('shares one connection among requests and subscriptions, and ends it when nothing is under way', async () => {
  await using server = await startTestServer()
  const { client, opened } = socketClient({ url: server.url }, { idleTimeoutMs: 20 })
  const tail = client.tail('orders')
  await Promise.all([client.createQueue('orders', queue), client.createQueue('mails', queue)])
  const billing = client.consume('orders', { consumer: 'billing' }, () => {})
  const mailer = client.consume('mails', { consumer: 'mailer' }, () => {})
  await Promise.all([billing.ready, mailer.ready])
  const message = tail.next()
  await until(async () => {
    await client.publish('orders', { data: 'a' })
    return Promise.race([message.then(() => true), client.createQueue('a round trip').then(() => false)])
  }, 'the tail')
  expect(opened).toHaveLength(1)
  await Promise.all([billing.stop(), mailer.stop(), tail.return?.()])
  await ended(opened[0])
  expect(await client.createQueue('late')).toBe(true)
  expect(opened).toHaveLength(2)
  await ended(opened[1])
})

test('gives codes and fields of the server, and those of a subscription that it refuses', async () => {
  await using server = await startTestServer()
  const { client, opened } = socketClient({ url: server.url })
  expect(await failureOf(client.publish('missing', { data: '' }))).toMatchObject({ code: 'QUEUE_NOT_FOUND' })
  expect(await failureOf(client.request('{ nonsense }'))).toMatchObject({ code: 'BAD_INPUT' })
  const nonsense = client.subscribe('subscription { nonsense }')
  expect(await failureOf(nonsense.next())).toMatchObject({ code: 'BAD_INPUT' })
  const tail = client.subscribe('subscription { tail(queue: "missing") { __typename } }')
  expect(await failureOf(tail.next())).toMatchObject({ code: 'QUEUE_NOT_FOUND' })
  expect(opened).toHaveLength(1)
})

test('publishes through a publisher without a client', async () => {
  await using server = await startTestServer()
  await createClient({ url: server.url }).createQueue('orders')
  const transport = webSocket({ webSocket: WebSocket })
  await using publisher = createPublisher('orders', { url: server.url, transport })
  expect(await Promise.all([publisher.publish({ data: 'a' }), publisher.publish({ data: 'b' })])).toEqual([
    expect.stringMatching(/^\d+$/),
    expect.stringMatching(/^\d+$/),
  ])
})

test('refuses the one request that is too large for the server, and goes on', async () => {
  await using server = await startTestServer()
  const { client } = socketClient({ url: server.url })
  await client.createQueue('orders', queue)
  const received = new Received<string | null>()
  const options = { consumer: 'billing', onProblem: () => {} }
  await using consumption = client.consume('orders', options, (batch) => {
    for (const event of batch.events) received.push(event.data)
  })
  await consumption.ready
  const large = client.publish('orders', { data: 'x'.repeat(9 * 1024 * 1024) })
  expect(await failureOf(large)).toMatchObject({ code: 'LIMIT_EXCEEDED' })
  await client.publish('orders', { data: 'small' })
  expect(await received.next()).toBe('small')
})

test('settles once when the reply to finishBatch is lost with the connection', async () => {
  await using server = await startTestServer()
  let losses = 0
  class LosingSocket extends WebSocket {
    override emit(event: string | symbol, ...values: unknown[]): boolean {
      const isAnswer = event === 'message' && String(values[0]).includes('finishBatch')
      if (!isAnswer || losses++ > 0) return super.emit(event, ...values)
      this.terminate()
      return true
    }
  }
  const { client } = socketClient({ url: server.url })
  await client.createQueue('orders', queue)
  await client.createQueue('follow-ups', queue)
  const options = { consumer: 'billing', onProblem: () => {} }
  const losing = createClient({ url: server.url, transport: webSocket({ webSocket: LosingSocket }) })
  await using consumption = losing.consume('orders', options, (batch) => {
    for (const event of batch.events) batch.publish('follow-ups', { data: event.data })
  })
  const followUps = new Received<string | null>()
  await using mailer = client.consume('follow-ups', { consumer: 'mailer' }, (batch) => {
    for (const event of batch.events) followUps.push(event.data)
  })
  await Promise.all([consumption.ready, mailer.ready])
  for (const data of ['a', 'b']) {
    await client.publish('orders', { data })
    expect(await followUps.next()).toBe(data)
  }
  expect(losses).toBeGreaterThan(1)
})

test('lets no more messages wait than it may, and tails on where it was', async () => {
  await using server = await startTestServer({ limits: { maxBatchEvents: 1 } })
  const { client, sent } = socketClient({ url: server.url }, { maxWaitingLength: 2_000 })
  await client.createQueue('orders', queue)
  const { queue: at } = (await client.request('{ queue(name: "orders") { lastTickId } }')) as {
    queue: { lastTickId: string }
  }
  const data = Array.from({ length: 60 }, (_, index) => String(index))
  await client.publish(
    'orders',
    data.map((each) => ({ data: each })),
  )
  const lost = new Received<unknown>()
  const tail = client.tail('orders', { after: at.lastTickId, onLost: (error) => lost.push(error) })
  const seen: (string | null)[] = []
  const take = async () => {
    const { value } = await withDeadline(tail.next(), 'a message')
    if (value?.__typename === 'TickBatch') seen.push(...value.events.map((event) => event.data))
  }
  await take()
  await until(() => sent.some((text) => text.includes('"complete"')), 'the end of what may wait')
  while (seen.length < data.length) await take()
  expect(seen).toEqual(data)
  expect(lost.all).not.toEqual([])
  for (const error of lost.all) expect(error).toMatchObject({ code: 'UNAVAILABLE' })
  await tail.return?.()
})

test('calls a server that is not there, or has no WebSocket, UNAVAILABLE', async () => {
  await using server = await startTestServer()
  for (const url of ['http://127.0.0.1:1/graphql', new URL('/elsewhere', server.url)]) {
    const { client } = socketClient({ url })
    expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code: 'UNAVAILABLE' })
  }
})

test('says when it is created that there is no WebSocket, and that it cannot send headers', () => {
  const url = 'http://127.0.0.1:1/graphql'
  const runtime: { WebSocket?: unknown } = globalThis
  const before = runtime.WebSocket
  try {
    delete runtime.WebSocket
    expect(() => createClient({ url, transport: webSocket() })).toThrow(TypeError)
  } finally {
    if (before) runtime.WebSocket = before
  }
  const transport = webSocket({ webSocket: WebSocket })
  expect(() => createClient({ url, transport, headers: { authorization: 'Bearer x' } })).toThrow(TypeError)
})
