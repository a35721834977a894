import { once } from 'node:events'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createCaller } from '../../src/caller.ts'
import { until } from '../support/deadline.ts'
import { type Data, requestData } from '../support/graphql.ts'
import { sendBytes } from '../support/http.ts'
import { createTestGateway, listen, serverOf } from './mounted.ts'

const lines: Data[] = []
const auditLogger = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) })
let t: Awaited<ReturnType<typeof createTestGateway>>
let server: Awaited<ReturnType<typeof listen>>

beforeAll(async () => {
  t = await createTestGateway({
    auditLogger,
    rateLimits: { eventsPerSecond: 1_000 },
    authenticate: ({ headers }) =>
      headers.authorization === undefined
        ? createCaller({ name: 'boss', grants: ['admin'] })
        : createCaller({ name: 'publisher', grants: ['publish:main/q', 'stats:main/q'] }),
  })
  server = await listen(serverOf(t.gateway))
})

beforeEach(() => {
  lines.length = 0
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await t[Symbol.asyncDispose]()
})

function post(query: string, headers: Record<string, string> = {}, variables: Data = {}) {
  return sendBytes(server.url, {
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
}

test('a mutation is told with who, what, where and its outcome, and with none of its payload', async () => {
  const input = { queue: 'q', type: 'secret type', data: 'secret data', extra1: 'secret extra' }
  const query = 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }'
  const { headers } = await post(query, { 'x-request-id': 'trace:1.2-3_4' }, { input })
  expect(headers['x-request-id']).toBe('trace:1.2-3_4')
  expect(lines).toEqual([
    {
      level: 30,
      time: expect.any(Number),
      msg: 'mutation',
      caller: 'boss',
      client: expect.stringMatching(/127\.0\.0\.1$/),
      requestId: 'trace:1.2-3_4',
      mutation: 'insertEvent',
      database: 'main',
      queue: 'q',
      consumer: null,
      batchId: null,
      outcome: 'ok',
      durationMs: expect.any(Number),
    },
  ])
})

test('each field of a document has a line of its own, beside introspection too', async () => {
  await post(`mutation M {
    a: registerConsumer(input: { queue: "q", consumer: "c" }) { registered }
    createQueue(input: { name: "new" }) { created }
    b: finishBatch(input: { batchId: "77" }) { finished }
  }`)
  const document = `query Q { __schema { description } } mutation M { touchBatch(input: { batchId: "78" }) { __typename } }`
  const body = JSON.stringify({ query: document, operationName: 'M' })
  await sendBytes(server.url, { headers: { 'content-type': 'application/json' }, body })
  const told = lines.map(({ mutation, queue, consumer, batchId }) => [mutation, queue, consumer, batchId])
  expect(told).toEqual([
    ['registerConsumer', 'q', 'c', null],
    ['createQueue', 'new', null, null],
    ['finishBatch', null, null, '77'],
    ['touchBatch', null, null, '78'],
  ])
})

test('what grants, limits and the database refuse is told with its code', async () => {
  const headers = { authorization: 'Bearer x' }
  await post('mutation { dropQueue(input: { name: "q" }) { dropped } }', headers)
  await post('mutation { insertEvent(input: { queue: "none", data: "x" }) { eventId } }')
  const events = Array.from({ length: 1_001 }, () => ({ data: 'x' }))
  const query =
    'mutation ($e: [EventInput!]!) { insertEvents(input: { queue: "q", events: $e }) { eventIds } }'
  for (let n = 0; n < 2; n++) await post(query, headers, { e: events })
  expect(lines.map(({ caller, mutation, outcome }) => [caller, mutation, outcome])).toEqual([
    ['publisher', 'dropQueue', 'FORBIDDEN'],
    ['boss', 'insertEvent', 'QUEUE_NOT_FOUND'],
    ['publisher', 'insertEvents', 'ok'],
    ['publisher', 'insertEvents', 'LIMIT_EXCEEDED'],
  ])
})

test('an answer has a fresh id where the request has none, or one that is not well-formed', async () => {
  const ids: unknown[] = []
  for (const given of [{}, { 'x-request-id': 'two words' }, { 'x-request-id': 'x'.repeat(129) }]) {
    const { headers } = await post('mutation { touchBatch(input: { batchId: "1" }) { __typename } }', given)
    expect(headers['x-request-id']).toMatch(/^[\da-f-]{36}$/)
    ids.push(headers['x-request-id'])
  }
  expect(lines.map(({ requestId }) => requestId)).toEqual(ids)
  expect(new Set(ids).size).toBe(3)
})

test('mutations over SSE, as a form and on a WebSocket are told, too', async () => {
  const query = 'mutation { insertEvent(input: { queue: "q", data: "x" }) { eventId } }'
  await post(query, { accept: 'text/event-stream', 'x-request-id': 'sse' })
  const form = { 'content-type': 'application/x-www-form-urlencoded', 'x-request-id': 'form' }
  await sendBytes(server.url, { headers: form, body: String(new URLSearchParams({ query })) })
  const headers = { 'x-request-id': 'socket' }
  const socket = new WebSocket(server.url.replace(/^http/, 'ws'), 'graphql-transport-ws', { headers })
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
  await until(() => lines.length === 3, 'three lines', { describe: () => JSON.stringify(lines) })
  socket.terminate()
  expect(lines.map(({ requestId, outcome }) => [requestId, outcome])).toEqual([
    ['sse', 'ok'],
    ['form', 'ok'],
    ['socket', 'ok'],
  ])
})

test('queries and subscriptions are not told', async () => {
  await requestData(server.url, '{ queues { nodes { name } } }')
  expect(lines).toEqual([])
})

test('a gateway without an audit sends no ids', async () => {
  await using other = await createTestGateway()
  await using plain = await listen(serverOf(other.gateway))
  const { headers } = await sendBytes(plain.url, {
    headers: { 'content-type': 'application/json', 'x-request-id': 'a' },
    body: '{"query":"{ __typename }"}',
  })
  expect(headers['x-request-id']).toBeUndefined()
})
