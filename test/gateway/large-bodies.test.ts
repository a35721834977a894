import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { until, withDeadline } from '../support/deadline.ts'
import { request } from '../support/graphql.ts'
import { createTestGateway, listen, serverOf } from './mounted.ts'

const MAX_BYTES = 8 * 1024 * 1024
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
  await using t = await createTestGateway()
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
  await using t = await createTestGateway()
  await using server = await listen(serverOf(t.gateway))
  const events = [{ data: 'x'.repeat(7_000_000) }]
  const answers = await Promise.all(Array.from({ length: 8 }, () => request(server.url, insert, { events })))
  for (const { errors } of answers) expect(errors).toBeUndefined()
})

test('streams that were asked for by large requests hold nothing up', async () => {
  await using t = await createTestGateway()
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
  await using t = await createTestGateway()
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
