import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { createTestGateway, listen, serverOf } from '../gateway/mounted.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { type Result, request } from '../support/graphql.ts'

const MAX_BYTES = 8 * 1024 * 1024
/** Memory in which four bodies of the largest size arrive at once. */
const fourBodies = { limits: { maxMemoryBytes: 32 * MAX_BYTES } }
const insert =
  'mutation ($events: [EventInput!]!) { insertEvents(input: { queue: "q", events: $events }) { eventIds } }'

/** The clients share what they send, so that the memory that grows is the server's. */
const body = Buffer.alloc(MAX_BYTES - 1_000, ' ')

/** Begins to post a body of the largest size, and sends so much of it that only the server can hold it. */
function beginPost(url: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${MAX_BYTES}\r\n\r\n`,
  )
  socket.write(body)
  return socket
}

test('of many large bodies that never end a few are held, and small requests go on', async () => {
  await using t = await createTestGateway(fourBodies)
  await using server = await listen(serverOf(t.gateway))
  const before = process.memoryUsage().arrayBuffers
  const sockets = Array.from({ length: 60 }, () => beginPost(server.url))
  const answer = withDeadline(
    new Promise<string>((resolve) => {
      for (const socket of sockets) socket.once('data', (data) => resolve(String(data)))
    }),
    'a refusal',
  )
  expect(await request(server.url, '{ __typename }')).toEqual({ data: { __typename: 'Query' } })
  const text = await answer
  expect(text).toMatch(/^HTTP\/1.1 503 /)
  expect(text).toMatch(/\r\nretry-after: 1\r\n/i)
  expect(text).toMatch(/"code":"UNAVAILABLE"/)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * MAX_BYTES)
  for (const socket of sockets) socket.destroy()
  // Those that have left make room for others.
  const events = [{ data: 'x'.repeat(1_000_000) }]
  const isTaken = async () => (await request(server.url, insert, { events })).data !== undefined
  await until(isTaken, 'a large request to be taken')
})

test('more large requests than are held at once are all answered, one after another', async () => {
  await using t = await createTestGateway(fourBodies)
  await using server = await listen(serverOf(t.gateway))
  const events = [{ data: 'x'.repeat(7_000_000) }]
  const answers = await Promise.all(Array.from({ length: 8 }, () => request(server.url, insert, { events })))
  for (const { errors } of answers) expect(errors).toBeUndefined()
})

test('streams that were asked for by large requests hold nothing up', async () => {
  await using t = await createTestGateway(fourBodies)
  await using server = await listen(serverOf(t.gateway))
  const query = `subscription { ticks(queue: "q") { __typename } } ${' '.repeat(MAX_BYTES - 1_000)}`
  const leaving = new AbortController()
  for (let n = 0; n < 6; n++) {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query }),
      signal: leaving.signal,
    })
    expect(response.status).toBe(200)
  }
  leaving.abort()
})

test('compressed bodies that are small as they are sent wait for their turn as well', async () => {
  await using t = await createTestGateway(fourBodies)
  await using server = await listen(serverOf(t.gateway))
  const { port } = new URL(server.url)
  const head = `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n`
  const sockets = Array.from({ length: 5 }, () => connect(Number(port), '127.0.0.1'))
  const answer = new Promise<string>((resolve) => {
    for (const socket of sockets) {
      socket.on('error', () => {})
      socket.once('data', (data) => resolve(String(data)))
      socket.write(head)
    }
  })
  expect(await withDeadline(answer, 'a refusal')).toMatch(/^HTTP\/1.1 503 /)
  for (const socket of sockets) socket.destroy()
})

const insertJson = 'mutation ($json: JSON!) { insertEvent(input: { queue: "q", json: $json }) { eventId } }'
/** Few of these are in a text that is much smaller than what is made of it. */
const manyLists = Array.from({ length: 300_000 }, () => [])

test.each([
  ['POST', 'application/json'],
  ['a form', 'application/x-www-form-urlencoded'],
])('too many lists and objects are refused in %s, as text they are taken', async (_, type) => {
  await using t = await createTestGateway()
  await using server = await listen(serverOf(t.gateway))
  const post = async (query: string, variables: object) => {
    const form = new URLSearchParams({ query, variables: JSON.stringify(variables) })
    const body = type === 'application/json' ? JSON.stringify({ query, variables }) : String(form)
    const response = await fetch(server.url, { method: 'POST', headers: { 'content-type': type }, body })
    return (await response.json()) as Result
  }
  const { errors } = await post(insertJson, { json: manyLists })
  expect(errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED')
  expect(errors?.[0]?.message).toMatch(/more than 250000 lists and objects/)
  const { data } = await post(insert, { events: [{ data: JSON.stringify(manyLists) }] })
  expect(data?.insertEvents.eventIds).toHaveLength(1)
})

/** Opens a socket that is ready for operations. */
async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws', {
    // Without a mask nothing is copied, so that the memory that grows is the server's.
    generateMask: (mask) => mask.fill(0),
  })
  socket.on('error', () => {})
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  return socket
}

const messageOf = (id: string, query: string, variables: object) =>
  JSON.stringify({ id, type: 'subscribe', payload: { query, variables } })

test('large messages of many sockets are all answered, one after another, and small ones behind them', async () => {
  await using t = await createTestGateway(fourBodies)
  await using server = await listen(serverOf(t.gateway))
  const events = [{ data: 'x'.repeat(5_000_000) }]
  const answered = Array.from({ length: 6 }, async () => {
    const socket = await openSocket(server.url)
    const answers = new Map<string, unknown>()
    socket.on('message', (data) => {
      const { id, type, payload } = JSON.parse(String(data))
      if (type === 'next') answers.set(id, payload.errors)
    })
    socket.send(messageOf('large', insert, { events }))
    socket.send(messageOf('small', '{ __typename }', {}))
    await until(() => answers.size === 2, 'both answers')
    socket.terminate()
    return [...answers.values()]
  })
  for (const errors of await Promise.all(answered)) expect(errors).toEqual([undefined, undefined])
})

test('of many large messages that never end a few are held, and the other sockets close with 1013', async () => {
  await using t = await createTestGateway(fourBodies)
  await using server = await listen(serverOf(t.gateway))
  const before = process.memoryUsage().arrayBuffers
  const sockets = await Promise.all(Array.from({ length: 30 }, () => openSocket(server.url)))
  const codes: number[] = []
  for (const socket of sockets) {
    socket.once('close', (code) => codes.push(code))
    socket.send(body, { binary: false, fin: false })
  }
  await until(() => codes.length === sockets.length - 4, 'the end of all but four')
  expect(new Set(codes)).toEqual(new Set([1013]))
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * MAX_BYTES)
  for (const socket of sockets) socket.terminate()
})

test('a message with too many lists and objects closes its socket with 1009', async () => {
  await using t = await createTestGateway()
  await using server = await listen(serverOf(t.gateway))
  const socket = await openSocket(server.url)
  socket.send(messageOf('1', insertJson, { json: manyLists }))
  expect(await withDeadline(once(socket, 'close'), 'the end of the socket')).toContain(1009)
})
