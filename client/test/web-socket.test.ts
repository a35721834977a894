import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { until, withDeadline } from '../../test/support/deadline.ts'
import { startTestServer } from '../../test/support/server.ts'
import { type ClientOptions, createClient, createPublisher, webSocket } from '../src/index.ts'
import type { WebSocketOptions } from '../src/web-socket-transport.ts'
import { failureOf } from './support/failure.ts'
import { startGatewayDouble } from './support/gateway-double.ts'
import { Received } from './support/received.ts'

const queue = { tickerMaxLagSeconds: 0.01 }

/** `opened` has each connection that was made, `sent` what was sent on them. */
function socketClient(options: ClientOptions, socketOptions: WebSocketOptions = {}) {
  const opened: WebSocket[] = []
  const sent: string[] = []
  class CountedSocket extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol)
      opened.push(this)
    }
    override send(text: string): void {
      sent.push(text)
      super.send(text)
    }
  }
  const transport = webSocket({ webSocket: CountedSocket, ...socketOptions })
  return { client: createClient({ ...options, transport }), opened, sent }
}

const ended = (socket: WebSocket | undefined) =>
  until(() => socket?.readyState === WebSocket.CLOSED, 'the end of the connection')

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

test('gives the reason of a signal that is aborted, and completes the operation at the server', async () => {
  await using double = await startGatewayDouble(() => {})
  const { client } = socketClient({ url: double.url })
  const reason = new Error('changed my mind')
  const early = client.publish('orders', { data: '' }, { signal: AbortSignal.abort(reason) })
  await expect(early).rejects.toBe(reason)
  const control = new AbortController()
  const late = client.publish('orders', { data: '' }, { signal: control.signal })
  const stream = client.subscribe('subscription { x }', {}, { signal: control.signal }).next()
  await until(() => double.heard.length === 3, 'both operations')
  control.abort(reason)
  await expect(late).rejects.toBe(reason)
  await expect(stream).rejects.toBe(reason)
  await until(() => double.heard.length === 5, 'their ends')
  expect(double.heard.slice(3).map(({ type }) => type)).toEqual(['complete', 'complete'])
})

test('renews the connection parameters for each connection', async () => {
  await using double = await startGatewayDouble(({ id }, socket) => {
    socket.send(JSON.stringify({ id, type: 'next', payload: { data: { x: 1 } } }))
    socket.send(JSON.stringify({ id, type: 'complete' }))
  })
  let token = 0
  const { client, opened } = socketClient(
    { url: double.url },
    { connectionParams: async () => ({ token: ++token }), idleTimeoutMs: 0 },
  )
  expect(await client.request('{ x }')).toEqual({ x: 1 })
  await ended(opened[0])
  await client.request('{ x }')
  expect(double.heard.filter(({ type }) => type === 'connection_init')).toEqual([
    { type: 'connection_init', payload: { token: 1 } },
    { type: 'connection_init', payload: { token: 2 } },
  ])
})

test('answers a ping, and ignores messages for operations that it does not know', async () => {
  await using double = await startGatewayDouble(({ type, id }, socket) => {
    if (type === 'subscribe') {
      for (const stray of ['next', 'complete', 'error'])
        socket.send(JSON.stringify({ id: 'stray', type: stray, payload: stray === 'error' ? [] : {} }))
      socket.send('{"type":"ping"}')
    }
    if (type === 'pong') {
      socket.send(JSON.stringify({ id: '1', type: 'next', payload: { data: { x: 1 } } }))
      socket.send(JSON.stringify({ id: '1', type: 'complete' }))
    }
    expect(id === undefined || id === '1').toBe(true)
  })
  const { client } = socketClient({ url: double.url })
  expect(await client.request('{ x }')).toEqual({ x: 1 })
})

test.each<[string | Buffer, string]>([
  ['{"type":"next"', 'no JSON'],
  ['null', 'no object'],
  ['{"type":"next","id":"1"}', 'a result without a result'],
  ['{"type":"next","payload":{}}', 'a result for nobody'],
  ['{"type":"news","id":"1","payload":{}}', 'an unknown type'],
  ['{"type":"error","id":"1","payload":"no"}', 'an error without errors'],
  [Buffer.from('{"type":"complete","id":"1"}'), 'bytes'],
])('takes the message %s, which is %s, for INTERNAL, and closes with 4004', async (message) => {
  await using double = await startGatewayDouble(({ type }, socket) => {
    if (type === 'subscribe') socket.send(message, { binary: typeof message !== 'string' })
  })
  const { client, opened } = socketClient({ url: double.url })
  const request = failureOf(client.createQueue('orders'))
  const stream = failureOf(client.subscribe('subscription { x }').next())
  const closed = new Promise((resolve) => opened[0]?.once('close', resolve))
  expect(await request).toMatchObject({ code: 'INTERNAL' })
  expect(await stream).toMatchObject({ code: 'INTERNAL' })
  expect(await withDeadline(closed, 'the close')).toBe(4004)
})

test.each([
  ['{"data":null}', 'INTERNAL'],
  ['{"data":7}', 'INTERNAL'],
  ['{"errors":[7]}', 'INTERNAL'],
  ['{"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}', 'FORBIDDEN'],
])('takes the result %s for %s, and keeps the connection', async (payload, code) => {
  await using double = await startGatewayDouble(({ type, id }, socket) => {
    if (type !== 'subscribe') return
    socket.send(`{"type":"next","id":"${id}","payload":${payload}}`)
    socket.send(`{"type":"complete","id":"${id}"}`)
  })
  const { client, opened } = socketClient({ url: double.url })
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code })
  expect(await failureOf(client.subscribe('subscription { x }').next())).toMatchObject({ code })
  expect(opened).toHaveLength(1)
})

test('takes an operation that completes without a result for INTERNAL', async () => {
  await using double = await startGatewayDouble(({ type, id }, socket) => {
    if (type === 'subscribe') socket.send(JSON.stringify({ id, type: 'complete' }))
  })
  const { client } = socketClient({ url: double.url })
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code: 'INTERNAL' })
})

test.each([
  [1001, 'UNAVAILABLE'],
  [1008, 'FORBIDDEN'],
  [1009, 'LIMIT_EXCEEDED'],
  [1011, 'UNAVAILABLE'],
  [4400, 'INTERNAL'],
  [4401, 'UNAUTHENTICATED'],
  [4403, 'FORBIDDEN'],
  [4408, 'TIMEOUT'],
  [4500, 'UNAVAILABLE'],
])('takes a close with %i for %s', async (closeCode, code) => {
  await using double = await startGatewayDouble((_message, socket) => socket.close(closeCode, 'so it is'))
  const { client } = socketClient({ url: double.url })
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code })
})

test('takes a server of another protocol for INTERNAL', async () => {
  await using double = await startGatewayDouble(() => {}, { protocol: 'graphql-ws' })
  // The package ws and browsers refuse that by themselves; other runtimes may not.
  class Lenient extends WebSocket {
    constructor(url: string) {
      super(url, 'graphql-ws')
    }
  }
  const transport = webSocket({ webSocket: Lenient })
  const client = createClient({ url: double.url, transport })
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code: 'INTERNAL' })
})

test('calls a server that is not there, or has no WebSocket, UNAVAILABLE', async () => {
  await using server = await startTestServer()
  for (const url of ['http://127.0.0.1:1/graphql', new URL('/elsewhere', server.url)]) {
    const { client } = socketClient({ url })
    expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code: 'UNAVAILABLE' })
  }
})

test('calls a server that does not acknowledge the connection in time TIMEOUT', async () => {
  await using double = await startGatewayDouble(() => {}, { acknowledges: false })
  const { client, opened } = socketClient({ url: double.url }, { connectTimeoutMs: 30 })
  expect(await failureOf(client.subscribe('subscription { x }').next())).toMatchObject({ code: 'TIMEOUT' })
  await ended(opened[0])
})

test('calls a server that does not answer a request in time TIMEOUT, and keeps the connection', async () => {
  await using double = await startGatewayDouble(() => {})
  const { client, opened } = socketClient({ url: double.url, requestTimeoutMs: 30 })
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code: 'TIMEOUT' })
  await until(() => double.heard.at(-1)?.type === 'complete', 'the end of the request')
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code: 'TIMEOUT' })
  expect(opened).toHaveLength(1)
})

test('notices a connection that has fallen silent, but not one that only answers pings', async () => {
  let answers = true
  await using double = await startGatewayDouble(({ type }, socket) => {
    if (type === 'ping' && answers) socket.send('{"type":"pong"}')
  })
  const { client, opened } = socketClient({ url: double.url, silenceTimeoutMs: 60 })
  const stream = failureOf(client.subscribe('subscription { x }').next())
  const pings = () => double.heard.filter(({ type }) => type === 'ping').length
  await until(() => pings() > 4, 'pings')
  expect(opened[0]?.readyState).toBe(WebSocket.OPEN)
  answers = false
  expect(await stream).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('60 ms') })
  await ended(opened[0])
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
