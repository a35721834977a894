import { parse } from 'graphql'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClientErrors } from '../../src/operations/client-errors.ts'
import { Operations, type PayloadStream } from '../../src/operations/operations.ts'
import type { Payload } from '../../src/operations/payload.ts'
import type { Database } from '../../src/postgres/connections.ts'
import { Realtime } from '../../src/pubsub/realtime.ts'
import { createPgqSchema } from '../../src/schema/index.ts'
import { createTestContext } from '../support/context.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { withDeadline } from '../support/deadline.ts'

let fixture: TestDatabase
let database: Database
let realtime: Realtime
let operations: Operations

beforeAll(async () => {
  fixture = await createTestDatabase()
  database = await fixture.open()
  const base = createTestContext(database)
  realtime = new Realtime(base.databases)
  realtime.start()
  operations = new Operations({
    schema: createPgqSchema(),
    context: {
      ...base,
      realtime,
      tickerStatus: () => ({ state: 'OFF', foreignTicker: false, lastError: null }),
    },
    check: (query) => parse(query),
    toClientError: createClientErrors(pino({ level: 'silent' })),
  })
  const admin = await fixture.connect()
  await admin.query(`select pgq.create_queue('q')`)
  await admin.query(`select pgq.insert_event('q', 'a', 'ü')`)
  await admin.query(`select pgq_gateway.tick('q', true)`)
  await admin.end()
})

afterAll(async () => {
  await realtime.close()
  await database.close()
  await fixture[Symbol.asyncDispose]()
})

async function subscribe(query: string, variables = {}): Promise<PayloadStream> {
  const operation = operations.find({ query, operationName: null, variables })
  const stream = operation && (await operations.subscribe(operation, variables))
  if (!stream) throw new Error('not subscribed')
  return stream
}

/** Reads one payload and leaves the stream waiting. */
function next(stream: PayloadStream): Promise<Payload> {
  const first = new Promise<Payload>((resolve, reject) => {
    const give = (payload: Payload) => {
      resolve(payload)
      return stalled
    }
    stream.pipe({ give, end: () => reject(new Error('the stream is over')), fail: reject })
  })
  return withDeadline(first, 'a payload')
}

const stalled = new Promise<never>(() => {})

const stats = `subscription ($queues: [String!]) { queueStats(queues: $queues, intervalSeconds: 0.1) { name } }`

test('subscribers who ask the same of the same message are given one payload', async () => {
  const streams = [await subscribe(stats), await subscribe(stats), await subscribe(stats)]
  const payloads = await Promise.all(streams.map(next))
  expect(new Set(payloads).size).toBe(1)
  expect(payloads[0]?.json).toBe('{"data":{"queueStats":[{"name":"q"}]}}')
  expect(payloads[0]?.sseEvent).toBe(payloads[1]?.sseEvent)
  expect(payloads[0]?.sseEvent.toString()).toBe(`event: next\ndata: ${payloads[0]?.json}\n\n`)
  for (const stream of streams) await stream.return()
})

test('those who ask something else are not: another variable, another document, another operation of it', async () => {
  const streams = [
    await subscribe(stats, { queues: ['q'] }),
    await subscribe(stats, { queues: ['none'] }),
    await subscribe(stats.replace('name', 'id')),
    await subscribe(stats, { queues: ['q', 'x'.repeat(3_000)] }),
    await subscribe(stats, { queues: ['q', 'x'.repeat(3_000)] }),
  ]
  const payloads = await Promise.all(streams.map(next))
  expect(new Set(payloads).size).toBe(5)
  expect(payloads.map((payload) => payload?.json)).toEqual([
    '{"data":{"queueStats":[{"name":"q"}]}}',
    '{"data":{"queueStats":[]}}',
    expect.stringContaining('"id"'),
    '{"data":{"queueStats":[{"name":"q"}]}}',
    '{"data":{"queueStats":[{"name":"q"}]}}',
  ])
  for (const stream of streams) await stream.return()
})

test('an operation of the same document with another name is another one', async () => {
  const query = `subscription A { queueStats(intervalSeconds: 0.1) { name } } subscription B { s: queueStats(intervalSeconds: 0.1) { name } }`
  const both = ['A', 'B'].map(async (operationName) => {
    const operation = operations.find({ query, operationName, variables: {} })
    const stream = operation && (await operations.subscribe(operation, {}))
    if (!stream) throw new Error('not subscribed')
    const payload = await next(stream)
    await stream.return()
    return payload?.json
  })
  expect(await Promise.all(both)).toEqual([
    '{"data":{"queueStats":[{"name":"q"}]}}',
    '{"data":{"s":[{"name":"q"}]}}',
  ])
})
