import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { anybody } from '../../src/caller.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { createTestGateway, listen, serverOf } from './mounted.ts'

const ticks = 'subscription { ticks(queue: "q") { __typename } }'

const requests = {
  POST: (query: string) => {
    const body = JSON.stringify({ query })
    return `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  },
  'chunked POST': (query: string) => {
    const body = JSON.stringify({ query })
    return `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
  },
  GET: (query: string) =>
    `GET /graphql?query=${encodeURIComponent(query)} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`,
}

function send(url: string, text: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(text)
  return socket
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((resolvePromise) => (resolve = resolvePromise))
  return { promise, resolve }
}

const streamsOf = (gateway: Gateway) => gateway.databases.get('main').streams.size

test.each(Object.entries(requests))('a client that leaves its stream by %s ends it', async (_, requestOf) => {
  await using t = await createTestGateway()
  await using server = await listen(serverOf(t.gateway))
  const socket = send(server.url, requestOf(ticks))
  await until(() => streamsOf(t.gateway) === 1, 'the stream')
  socket.destroy()
  await until(() => streamsOf(t.gateway) === 0, 'the end of the stream')
})

test.each(Object.entries(requests))(
  'a client that asks by %s for many streams ahead, and leaves, ends all of them',
  async (_, requestOf) => {
    await using t = await createTestGateway()
    await using server = await listen(serverOf(t.gateway))
    const socket = send(server.url, requestOf(ticks).repeat(5))
    await until(() => streamsOf(t.gateway) > 0, 'a stream')
    socket.destroy()
    await until(() => streamsOf(t.gateway) === 0, 'the end of the streams')
  },
)

test.each(Object.entries(requests))(
  'a client that leaves by %s while it is identified gets no stream',
  async (_, requestOf) => {
    const identified: (() => void)[] = []
    const asked = withResolvers()
    const states: string[] = []
    await using t = await createTestGateway({
      authenticate: async () => {
        asked.resolve()
        await new Promise<void>((resolve) => identified.push(resolve))
        return anybody
      },
      instrumentation: { stream: ({ state }) => states.push(state) },
    })
    const http = serverOf(t.gateway)
    await using server = await listen(http)
    const gone = new Promise<void>((resolve) =>
      http.once('connection', (peer) => peer.once('close', resolve)),
    )
    const socket = send(server.url, requestOf(ticks))
    await withDeadline(asked.promise, 'the question who asks')
    socket.resetAndDestroy()
    await withDeadline(gone, 'the loss of the connection')
    identified[0]?.()
    const other = send(server.url, requestOf(ticks))
    await until(() => identified.length === 2, 'the question who asks next')
    identified[1]?.()
    await until(() => streamsOf(t.gateway) > 0, 'the stream of the next')
    expect(states).toEqual(['opened'])
    other.destroy()
    await until(() => streamsOf(t.gateway) === 0, 'no stream')
  },
)

test.each(Object.entries(requests))('close resets a stream by %s at once', async (_, requestOf) => {
  await using t = await createTestGateway()
  await using server = await listen(serverOf(t.gateway))
  const socket = send(server.url, requestOf(ticks))
  let text = ''
  socket.on('data', (chunk) => (text += chunk))
  await until(() => text.includes('\r\n\r\n') && streamsOf(t.gateway) === 1, 'the stream')
  const lost = new Promise((resolve) => socket.once('error', resolve))
  const closed = t.gateway.close()
  await withDeadline(Promise.all([closed, lost]), 'the end', 3_000)
  expect(text).not.toContain('complete')
})

test('close ends a stream whose client is leaving at that moment', async () => {
  await using t = await createTestGateway()
  const http = serverOf(t.gateway)
  await using server = await listen(http)
  // Node's own listener comes first: it has begun to end the connection when the gateway closes.
  const closed = new Promise<void>((resolve, reject) =>
    http.once('connection', (peer: Socket) =>
      peer.once('end', () => void t.gateway.close().then(resolve, reject)),
    ),
  )
  const socket = send(server.url, requests.POST(ticks))
  await until(() => streamsOf(t.gateway) === 1, 'the stream')
  socket.end()
  await withDeadline(closed, 'the end', 3_000)
  expect(await promisify(http.getConnections.bind(http))()).toBe(0)
})

test('close resets a stream that begins while it waits', async () => {
  let identify = () => {}
  const asked = withResolvers()
  await using t = await createTestGateway({
    authenticate: async () => {
      asked.resolve()
      await new Promise<void>((resolve) => (identify = resolve))
      return anybody
    },
  })
  await using server = await listen(serverOf(t.gateway))
  const socket = send(server.url, requests.POST(ticks))
  const lost = new Promise((resolve) => socket.once('error', resolve))
  await withDeadline(asked.promise, 'the question who asks')
  const closed = t.gateway.close()
  identify()
  await withDeadline(Promise.all([closed, lost]), 'the end', 3_000)
})

test('a socket whose client never answers does not hold up close', async () => {
  await using t = await createTestGateway()
  await using server = await listen(serverOf(t.gateway))
  const socket = send(
    server.url,
    'GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
  )
  await new Promise((resolve) => socket.once('data', resolve))
  await withDeadline(t.gateway.close(), 'the end', 4_000)
  socket.destroy()
})

test('the id of a completed operation may be used again at once', async () => {
  await using t = await createTestGateway()
  await using server = await listen(serverOf(t.gateway))
  const socket = new WebSocket(server.url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  const messages: { type: string; id?: string }[] = []
  socket.on('message', (data) => messages.push(JSON.parse(String(data))))
  await new Promise((resolve) => socket.once('open', resolve))
  const say = (message: object) => socket.send(JSON.stringify(message))
  say({ type: 'connection_init' })
  await until(() => messages.length === 1, 'the acknowledgement')
  for (let n = 0; n < 20; n++) {
    if (n > 0) say({ id: '1', type: 'complete' })
    say({ id: '1', type: 'subscribe', payload: { query: ticks } })
    if (n % 2 === 0) await delay(n)
  }
  await until(() => streamsOf(t.gateway) === 1, 'one stream')
  say({ id: '2', type: 'subscribe', payload: { query: '{ __typename }' } })
  await until(() => messages.some(({ id, type }) => id === '2' && type === 'complete'), 'an answer')
  // The queue may have a tick of its own meanwhile.
  expect(messages.filter(({ id, type }) => id === '1' && type !== 'next')).toEqual([])
  expect(streamsOf(t.gateway)).toBe(1)
  say({ id: '1', type: 'complete' })
  await until(() => streamsOf(t.gateway) === 0, 'the end of the stream')
  socket.close()
})

test('refusals have the same status for who accepts a stream alone, however they are asked', async () => {
  await using t = await createTestGateway({
    authenticate: () => {
      throw new Error('a bug')
    },
  })
  await using server = await listen(serverOf(t.gateway))
  const headers = { accept: 'text/event-stream', 'content-type': 'application/json' }
  const body = JSON.stringify({ query: '{ __typename }' })
  expect((await fetch(server.url, { method: 'POST', headers, body })).status).toBe(500)
  expect((await fetch(`${server.url}?query=%7B__typename%7D`, { headers })).status).toBe(500)
})

test.each([undefined, 'multipart/mixed', 'application/json'])(
  'a subscription is given to nobody who accepts %s alone',
  async (accept) => {
    await using t = await createTestGateway()
    await using server = await listen(serverOf(t.gateway))
    const headers = { 'content-type': 'application/json', accept: accept ?? '*/*' }
    const body = JSON.stringify({ query: ticks })
    for (const response of [
      await fetch(`${server.url}?query=${encodeURIComponent(ticks)}`, { headers }),
      await fetch(server.url, { method: 'POST', headers, body }),
    ]) {
      expect(response.status).toBe(406)
      await response.text()
    }
    expect(streamsOf(t.gateway)).toBe(0)
  },
)
