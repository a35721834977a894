import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anybody, type Caller, createCaller } from '../../src/caller.ts'
import type { LiveDatabase } from '../../src/database/live-database.ts'
import { defaultLimits } from '../../src/defaults.ts'
import { Memory } from '../../src/memory/memory.ts'
import { createClientErrors } from '../../src/operations/client-errors.ts'
import { toExecutionSchema } from '../../src/operations/execution-schema.ts'
import { Operations } from '../../src/operations/operations.ts'
import type { Payload } from '../../src/operations/payload.ts'
import { PayloadStream } from '../../src/operations/payload-stream.ts'
import { PreparedOperation } from '../../src/operations/prepared-operation.ts'
import { createPgqSchema } from '../../src/schema/index.ts'
import { createTestContext } from '../support/context.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { testLogger } from '../support/logger.ts'

let fixture: TestDatabase
let live: LiveDatabase
let operations: Operations
const statements: string[] = []

beforeAll(async () => {
  fixture = await createTestDatabase()
  live = await fixture.open({}, { statement: ({ name }) => void statements.push(name) })
  operations = new Operations({
    schema: createPgqSchema(),
    executionSchema: toExecutionSchema(createPgqSchema()),
    contextFor: (caller) => createTestContext(live, {}, caller),
    limits: defaultLimits,
    memory: new Memory(),
    toClientError: createClientErrors(testLogger()),
  })
  const admin = await fixture.connect()
  await admin.query(`select pgq.create_queue('q')`)
  await admin.query(`select pgq.insert_event('q', 'a', 'ü')`)
  await admin.query(`select pgq_gateway.tick('q', true)`)
  await admin.end()
})

afterAll(async () => {
  await live.close()
  await fixture[Symbol.asyncDispose]()
})

async function subscribe(
  query: string,
  variables = {},
  { caller = anybody, operationName = null }: { caller?: Caller; operationName?: string | null } = {},
): Promise<PayloadStream> {
  const prepared = operations.prepare({ query, operationName, variables }, caller)
  const stream = prepared instanceof PreparedOperation ? await prepared.subscribe() : prepared
  if (!(stream instanceof PayloadStream)) throw new Error(`not subscribed: ${stream.errors}`)
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
    const stream = await subscribe(query, {}, { operationName })
    const payload = await next(stream)
    await stream.return()
    return payload?.json
  })
  expect(await Promise.all(both)).toEqual([
    '{"data":{"queueStats":[{"name":"q"}]}}',
    '{"data":{"s":[{"name":"q"}]}}',
  ])
})

describe('callers of different sight share no answers, and callers of one sight share all:', () => {
  const callers = ['a', 'a', 'b'].map(callerOf)

  test('samples and payloads of statistics', async () => {
    const streams = await Promise.all(callers.map((caller) => subscribe(stats, {}, { caller })))
    const [first, alike, other] = await Promise.all(streams.map(next))
    expect(alike).toBe(first)
    expect(other).not.toBe(first)
    expect(other?.json).toBe(first?.json)
    for (const stream of streams) await stream.return()
  })

  test('payloads of a tail, which is read once for all who may read the same events', async () => {
    const tail = 'subscription { tail(queue: "q") { ... on TickBatch { events { type } } } }'
    const streams = await Promise.all(callers.map((caller) => subscribe(tail, {}, { caller })))
    const payloads = streams.map(next)
    await until(() => live.feed.subscriberCount === 1, 'one share')
    statements.length = 0
    const admin = await fixture.connect()
    await admin.query(`select pgq.insert_event('q', 'seen', '')`)
    await admin.query(`select pgq_gateway.tick('q', true)`)
    await admin.end()
    const [first, alike, other] = await Promise.all(payloads)
    expect(alike).toBe(first)
    expect(other).not.toBe(first)
    expect(other?.json).toBe('{"data":{"tail":{"events":[{"type":"seen"}]}}}')
    expect(statements.filter((name) => name === 'tick-events')).toHaveLength(1)
    for (const stream of streams) await stream.return()
  })

  test('statements that publish and that look up', async () => {
    const publish = 'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }'
    const look = '{ queue(name: "q") { name } }'
    const run = async (query: string, asking: readonly Caller[]) => {
      statements.length = 0
      const prepared = asking.map((caller) => operations.prepare({ query }, caller))
      await Promise.all(prepared.map((each) => each instanceof PreparedOperation && each.execute()))
      return statements.length
    }
    const many = (sights: string[]) => sights.map(callerOf)
    expect(await run(look, many(['a', 'a', 'a', 'a']))).toBe(1)
    expect(await run(look, many(['a', 'b', 'a', 'b']))).toBe(2)
    // The first is sent at once, and those that come meanwhile share the next statement.
    expect(await run(publish, many(['a', 'a', 'a', 'a']))).toBe(2)
    expect(await run(publish, many(['a', 'b', 'a', 'b', 'a', 'b']))).toBe(4)
  })
})

/** Makes a caller who may do everything in `main`, and something more that tells it from others. */
function callerOf(other: string, index: number): Caller {
  return createCaller({ name: `caller ${index}`, grants: ['admin:main', `stats:${other}`] })
}
