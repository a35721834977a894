/** These tests cover what no real server does. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { until, withDeadline } from '../../../test/support/deadline.ts'
import { createClient, PgqClientError, webSocket } from '../../src/index.ts'
import { failureOf } from '../support/failure.ts'
import { startGatewayDouble } from '../support/gateway-double.ts'
import { ended, socketClient } from '../support/socket-client.ts'

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
  [4403, 'UNAVAILABLE'],
  [4408, 'TIMEOUT'],
  [4500, 'UNAVAILABLE'],
])('takes a close with %i for %s', async (closeCode, code) => {
  await using double = await startGatewayDouble((_message, socket) => socket.close(closeCode, 'so it is'))
  const { client } = socketClient({ url: double.url })
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code })
})

test('takes a close with 4403 for FORBIDDEN before the connection is acknowledged', async () => {
  const refuse = (_message: object, socket: WebSocket) => socket.close(4403, 'no')
  await using double = await startGatewayDouble(refuse, { acknowledges: false })
  const { client } = socketClient({ url: double.url })
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code: 'FORBIDDEN' })
})

test('takes a WebSocket that may not be opened for INTERNAL', async () => {
  class Forbidden extends WebSocket {
    constructor() {
      super('ws://127.0.0.1:1', 'graphql-transport-ws', { headers: { bad: '\n' } })
    }
  }
  const client = createClient({ url: 'http://x/graphql', transport: webSocket({ webSocket: Forbidden }) })
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code: 'INTERNAL' })
  expect(await failureOf(client.subscribe('subscription { x }').next())).toMatchObject({ code: 'INTERNAL' })
})

const frame = fc.oneof(
  fc.json(),
  fc.string(),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc
    .record({
      type: fc.constantFrom('next', 'error', 'complete', 'ping', 'pong', 'connection_ack', 'news'),
      id: fc.constantFrom('1', '2', '3', 1, undefined),
      payload: fc.oneof(
        fc.constantFrom<unknown>({ data: { x: 1 } }, { errors: [] }, { errors: [null] }, [], undefined),
        fc.jsonValue(),
      ),
    })
    .map((message) => JSON.stringify(message)),
)

test('ends every operation with a result or an error of its own, whatever the server says', async () => {
  let frames: (string | Buffer)[] = []
  await using double = await startGatewayDouble(({ type, id }, socket) => {
    if (type !== 'subscribe' || id !== '2') return
    for (const each of frames) socket.send(each)
    socket.close(1001)
  })
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 8 }), async (given) => {
      frames = given
      const { client } = socketClient({ url: double.url })
      const request = client.request('{ x }')
      const drain = async () => {
        for await (const _ of client.subscribe('subscription { x }'));
      }
      const ends = await withDeadline(Promise.allSettled([request, drain()]), 'the ends')
      for (const end of ends) if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(PgqClientError)
    }),
    { numRuns: 300 },
  )
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
