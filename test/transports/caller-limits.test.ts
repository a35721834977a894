import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createAuthentication } from '../../src/auth/authentication.ts'
import { createCaller } from '../../src/caller.ts'
import { PgqError } from '../../src/errors.ts'
import type { GatewayRateLimits } from '../../src/gateway/gateway.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { type Data, type Result, requestData, subscribe, transports } from '../support/graphql.ts'
import { sendBytes } from '../support/http.ts'
import { testLogger } from '../support/logger.ts'
import { startTestServer } from '../support/server.ts'

let fixture: TestDatabase

beforeAll(async () => {
  fixture = await createTestDatabase()
  await using server = await startTestServer({ fixture })
  await requestData(server.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
})

afterAll(() => fixture[Symbol.asyncDispose]())

/** Starts a server whose callers are who `authorization` says, and nobody in particular without it. */
function startLimited(rateLimits: Partial<GatewayRateLimits>, maxUnknownSockets = 1_000) {
  return startTestServer({
    fixture,
    rateLimits,
    limits: { maxUnknownSockets },
    authenticate({ headers }) {
      const { authorization: name } = headers
      if (name === 'bad') throw new PgqError('UNAUTHENTICATED', 'These credentials are not good')
      return createCaller({ name: name ?? 'anonymous', grants: ['admin'], isAnonymous: name === undefined })
    },
  })
}

/** Sends a request that takes no part in what the database does. */
function post(url: string, query: string, { variables = {}, ...headers }: Data = {}) {
  const type = { 'content-type': 'application/json', accept: 'application/json' }
  return sendBytes(url, {
    headers: { ...type, ...headers },
    body: JSON.stringify({ query, variables }),
  })
}

const insertEvents =
  'mutation ($events: [EventInput!]!) { insertEvents(input: { queue: "q", events: $events }) { eventIds } }'
const manyEvents = (count: number) => ({ events: Array.from({ length: count }, () => ({ data: 'x' })) })

describe('requests per second', () => {
  test('are refused past the limit with 429 and Retry-After, for that caller alone', async () => {
    await using server = await startLimited({ requestsPerSecond: 3 })
    const send = (authorization: string) => post(server.url, '{ __typename }', { authorization })
    for (let n = 0; n < 3; n++) expect((await send('a')).status).toBe(200)
    const { status, headers, body } = await send('a')
    expect(status).toBe(429)
    expect(headers['retry-after']).toBe('1')
    const { errors } = JSON.parse(body) as Result
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect((errors?.[0]?.extensions as Data | undefined)?.retryAfterSeconds).toBeGreaterThan(0)
    expect((await send('b')).status).toBe(200)
    await until(async () => (await send('a')).status === 200, 'the next second', { timeoutMs: 3_000 })
  })

  test.each([
    ['GET', (url: string) => sendBytes(`${url}?query={__typename}`, { method: 'GET', body: '' })],
    [
      'a form',
      (url: string) =>
        sendBytes(url, {
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: 'query={__typename}',
        }),
    ],
    [
      'SSE',
      (url: string) => post(url, 'subscription { ticks { __typename } }', { accept: 'text/event-stream' }),
    ],
    ['a faulty document', (url: string) => post(url, '{ nothing }')],
    ['bad credentials', (url: string) => post(url, '{ __typename }', { authorization: 'bad' })],
  ])('are counted by %s, too', async (_, send) => {
    await using server = await startLimited({ requestsPerSecond: 2 })
    for (let n = 0; n < 2; n++) await post(server.url, '{ __typename }')
    const { status, headers } = await send(server.url)
    expect([status, headers['retry-after']]).toEqual([429, '1'])
  })

  test('are counted by each message of a WebSocket', async () => {
    await using server = await startLimited({ requestsPerSecond: 2 })
    const socket = await openSocket(server.url)
    const answers: { type: string; payload: { extensions: Data }[] }[] = []
    socket.on('message', (data) => answers.push(JSON.parse(String(data))))
    for (const id of ['1', '2', '3'])
      socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query: '{ __typename }' } }))
    await until(() => answers.some(({ type }) => type === 'error'), 'a refusal')
    const refusals = answers
      .filter(({ type }) => type === 'error')
      .map(({ payload }) => payload[0]?.extensions)
    expect(refusals).toEqual([{ code: 'LIMIT_EXCEEDED', retryAfterSeconds: expect.any(Number) }])
    socket.terminate()
  })
})

test('those who show no credentials are told apart by address', async () => {
  const { authenticate, close } = await createAuthentication({ anonymous: ['admin'] }, testLogger())
  await using server = await startTestServer({
    fixture,
    authenticate,
    rateLimits: { requestsPerSecond: 2 },
  })
  const send = (localAddress: string) => statusFrom(localAddress, server.url)
  const statuses = [await send('127.0.0.1'), await send('127.0.0.1'), await send('127.0.0.1')]
  expect([...statuses, await send('127.0.0.2')]).toEqual([200, 200, 429, 200])
  close()
})

/** Sends a request from an address of this machine. */
async function statusFrom(localAddress: string, url: string): Promise<number | undefined> {
  const headers = { 'content-type': 'application/json' }
  const sent = httpRequest(url, { agent: false, localAddress, method: 'POST', headers })
  sent.end('{"query":"{ __typename }"}')
  const [response] = (await withDeadline(once(sent, 'response'), 'an answer')) as [IncomingMessage]
  response.resume()
  return response.statusCode
}

describe('events per second', () => {
  test('are refused before they are published, with the time to wait', async () => {
    await using server = await startLimited({ eventsPerSecond: 5 })
    const insert = (variables: Data) => post(server.url, insertEvents, { variables, authorization: 'a' })
    const { data } = JSON.parse((await insert(manyEvents(50))).body) as Result
    expect(data?.insertEvents.eventIds).toHaveLength(50)
    const last = BigInt(data?.insertEvents.eventIds.at(-1))
    const refused = await insert(manyEvents(1))
    expect(refused.status).toBe(200)
    const { errors } = JSON.parse(refused.body) as Result
    expect(errors?.[0]).toMatchObject({ path: ['insertEvents'], extensions: { code: 'LIMIT_EXCEEDED' } })
    expect((errors?.[0]?.extensions as Data | undefined)?.retryAfterSeconds).toBeGreaterThan(8)
    const other = await post(server.url, insertEvents, { variables: manyEvents(1), authorization: 'b' })
    const result = JSON.parse(other.body) as { data: Data }
    const [eventId] = result.data.insertEvents.eventIds
    expect(BigInt(eventId)).toBe(last + 1n)
  })

  test('count those of insertEvent and those that a settlement publishes', async () => {
    await using server = await startLimited({ eventsPerSecond: 2 })
    const one = 'mutation { insertEvent(input: { queue: "q", data: "x" }) { eventId } }'
    for (let n = 0; n < 2; n++) await post(server.url, one)
    const settle =
      'mutation { finishBatch(input: { batchId: "1", publish: [{ queue: "q", data: "x" }] }) { finished } }'
    for (const query of [one, settle]) {
      const { errors } = JSON.parse((await post(server.url, query)).body) as Result
      expect(errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED')
    }
    const plain = 'mutation { finishBatch(input: { batchId: "1" }) { finished } }'
    expect(JSON.parse((await post(server.url, plain)).body)).toEqual({
      data: { finishBatch: { finished: false } },
    })
  })
})

test.each(transports)(
  'streams past the limit are refused over %s, until others have ended',
  async (transport) => {
    await using server = await startLimited({ streams: 2 })
    const ticks = 'subscription { ticks(queue: "q") { __typename ... on Tick { id } } }'
    const events = 'subscription { queueStats(intervalSeconds: 1) { name } }'
    await using first = subscribe(transport, server.url, events)
    await using second = subscribe(transport, server.url, events)
    await first.nextData()
    await second.nextData()
    await using third = subscribe(transport, server.url, ticks)
    expect((await third.next()).errors?.[0]?.extensions).toEqual({
      code: 'LIMIT_EXCEEDED',
      retryAfterSeconds: 5,
    })
    await first.stop()
    await until(async () => {
      await using next = subscribe(transport, server.url, events)
      return (await next.next()).errors === undefined
    }, 'room for another')
  },
)

test('sockets past the limit of a caller are closed with 1013, until others have ended', async () => {
  await using server = await startLimited({ sockets: 1 })
  const first = await openSocket(server.url, 'a')
  const other = await openSocket(server.url, 'b')
  const refused = dial(server.url, 'a')
  await once(refused, 'open')
  refused.send('{"type":"connection_init"}')
  const [code] = await withDeadline(once(refused, 'close'), 'the end of the socket')
  expect(code).toBe(1013)
  first.terminate()
  await until(async () => {
    const socket = dial(server.url, 'a')
    await once(socket, 'open')
    socket.send('{"type":"connection_init"}')
    const answer = await Promise.race([once(socket, 'message'), once(socket, 'close')])
    socket.terminate()
    return String(answer[0]).includes('connection_ack')
  }, 'room for another')
  other.terminate()
})

test('an address has so many sockets at once that have not told who they are', async () => {
  await using server = await startLimited({}, 2)
  const silent = [dial(server.url), dial(server.url)]
  await Promise.all(silent.map((socket) => once(socket, 'open')))
  const [refusal] = await withDeadline(once(dial(server.url), 'error'), 'a refusal')
  expect(String(refusal)).toContain('429')
  silent[0]?.send('{"type":"connection_init"}')
  await once(silent[0] as WebSocket, 'message')
  const known = await openSocket(server.url)
  for (const socket of [...silent, known]) socket.terminate()
})

function dial(url: string, authorization?: string): WebSocket {
  const headers = authorization === undefined ? {} : { authorization }
  return new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws', { headers })
}

async function openSocket(url: string, authorization?: string): Promise<WebSocket> {
  const socket = dial(url, authorization)
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  return socket
}
