import { createServer } from 'node:http'
import { context, type Span, trace } from '@opentelemetry/api'
import { createClient as createSocketClient } from 'graphql-ws'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { listen } from '../gateway/mounted.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { type Data, requestData, type Subscription, subscribe, transports } from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type RecordedSpan, recordSpans, type SpanRecorder } from '../support/spans.ts'

let fixture: TestDatabase
/** Was made before the process had an SDK. */
let untraced: TestServer
let server: TestServer
let recorder: SpanRecorder
let queues = 0
const log: string[] = []

const tracing = { traceparentColumn: 'extra4' } as const

beforeAll(async () => {
  fixture = await createTestDatabase()
  const logger = pino({}, { write: (line) => void log.push(line) })
  untraced = await startTestServer({ fixture, tracing, logger })
  recorder = recordSpans()
  server = await startTestServer({ fixture, tracing, rateLimits: { eventsPerSecond: 100 } })
})

beforeEach(() => recorder.reset())

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await untraced[Symbol.asyncDispose]()
  await fixture[Symbol.asyncDispose]()
})

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'
const traceparent = `00-${traceId}-${parentId}-01`

const insertEvents =
  'mutation Publish($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }'
const batchesOf = `subscription ($input: BatchesInput!) {
  batches(input: $input) { batchId leaseToken eventPage { events { data extra4 } } }
}`
const finishBatch = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'

async function startQueue(...consumers: string[]): Promise<string> {
  const queue = `queue ${++queues}`
  await requestData(untraced.url, `mutation { createQueue(input: { name: "${queue}" }) { created } }`)
  for (const consumer of consumers) {
    const input = `{ queue: "${queue}", consumer: "${consumer}" }`
    await requestData(untraced.url, `mutation { registerConsumer(input: ${input}) { consumer { name } } }`)
  }
  return queue
}

async function post(query: string, variables: Data = {}, headers: Record<string, string> = {}) {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as { data: Data | null; errors?: Data[] }
}

function publish(queue: string, events: Data[], headers?: Record<string, string>) {
  return post(insertEvents, { input: { queue, events } }, headers)
}

async function columnsOf(queue: string, column = 'extra4'): Promise<(string | null)[]> {
  const sql = await fixture.connect()
  try {
    const { rows: tables } = await sql.query('select pgq.current_event_table($1) as name', [queue])
    const { rows } = await sql.query(`select ev_${column} as value from ${tables[0].name} order by ev_id`)
    return rows.map(({ value }) => value)
  } finally {
    await sql.end()
  }
}

/** Reads the next batch that has events; others come when a tick is made for another reason. */
async function nextWithEvents(subscription: Subscription): Promise<Data> {
  for (;;) {
    const { batches } = await subscription.nextData()
    if (batches.eventPage.events.length > 0) return batches
    const { batchId, leaseToken } = batches
    await requestData(untraced.url, finishBatch, { input: { batchId, leaseToken } })
  }
}

const named = (name: string): RecordedSpan[] => recorder.spans().filter((span) => span.name === name)
const spanOf = (name: string) => until(() => named(name)[0], `a span ${name}`, { timeoutMs: 20_000 })

test('a publish joins the trace of its request, and tells who, where and how many, without payloads', async () => {
  const queue = await startQueue()
  await publish(queue, [{ data: 'secret' }, { data: 'secret', extra1: 'secret' }], { traceparent })
  const served = await spanOf('mutation')
  expect(served).toMatchObject({
    kind: 'SERVER',
    traceId,
    parentId,
    error: undefined,
    attributes: { 'graphql.operation.type': 'mutation', 'graphql.operation.name': 'Publish' },
  })
  expect(await spanOf(`insertEvents ${queue}`)).toMatchObject({
    kind: 'PRODUCER',
    traceId,
    parentId: served.spanId,
    error: undefined,
    attributes: {
      'messaging.system': 'pgq',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'insertEvents',
      'messaging.destination.name': queue,
      'messaging.batch.message_count': 2,
      'pgq.database': 'main',
    },
  })
  expect(recorder.spans()).toHaveLength(2)
  expect(JSON.stringify(recorder.spans())).not.toContain('secret')
})

test('events keep the context of their publish, unless the producer gives them one', async () => {
  const queue = await startQueue()
  await publish(queue, [{ data: '1' }, { data: '2', extra4: 'own' }, { json: null, extra4: null }])
  const { traceId, spanId } = await spanOf(`insertEvents ${queue}`)
  await post(`mutation { insertEvent(input: { queue: "${queue}", type: "t" }) { eventId } }`)
  const single = await spanOf(`insertEvent ${queue}`)
  const kept = `00-${traceId}-${spanId}-01`
  expect(await columnsOf(queue)).toEqual([kept, 'own', kept, `00-${single.traceId}-${single.spanId}-01`])
  expect(await columnsOf(queue, 'extra1')).toEqual([null, null, null, null])
})

test('no column of an event is written unless one is named', async () => {
  await using plain = await startTestServer({ fixture })
  const queue = await startQueue()
  await requestData(plain.url, insertEvents, { input: { queue, events: [{ data: '1' }] } })
  expect(await spanOf(`insertEvents ${queue}`)).toMatchObject({ error: undefined })
  for (const column of ['extra1', 'extra2', 'extra3', 'extra4'])
    expect(await columnsOf(queue, column)).toEqual([null])
})

test('an event without any content is refused still', async () => {
  const queue = await startQueue()
  const { errors } = await publish(queue, [{}])
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_INPUT', field: 'events[0].data' } })
  expect(await spanOf(`insertEvents ${queue}`)).toMatchObject({
    error: 'BAD_INPUT',
    attributes: { 'error.type': 'BAD_INPUT' },
  })
  expect(await spanOf('mutation')).toMatchObject({ error: 'BAD_INPUT' })
})

test('a request that is not run makes a span with the code of its error', async () => {
  await post('{ nothing }', {}, { traceparent })
  expect(await spanOf('GraphQL Operation')).toMatchObject({ kind: 'SERVER', traceId, error: 'BAD_INPUT' })
  expect(recorder.spans()).toHaveLength(1)
})

test.each([
  ['huge', `${traceparent}${'0'.repeat(10_000)}`],
  ['no context', 'secret'],
  ['of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
  ['of a version that is none', `ff-${traceId}-${parentId}-01`],
  ['of two traces', `${traceparent}, 00-1af7651916cd43dd8448eb211c80319c-${parentId}-01`],
])('a traceparent that is %s is ignored', async (_, hostile) => {
  const queue = await startQueue()
  const { errors } = await publish(queue, [{ data: '1', extra4: hostile }], { traceparent: hostile })
  expect(errors).toBeUndefined()
  const served = await spanOf('mutation')
  expect(served.parentId).toBeUndefined()
  expect(served.traceId).not.toBe(traceId)
  expect(await columnsOf(queue)).toEqual([hostile])
  await using tail = subscribe(
    'SSE',
    server.url,
    `subscription { tail(queue: "${queue}", after: "1") {
    ... on TickBatch { events { extra4 } } } }`,
  )
  let events: Data[] = []
  while (events.length === 0) events = (await tail.nextData()).tail.events
  expect(events).toEqual([{ extra4: hostile }])
  expect(await spanOf(`tail ${queue}`)).toMatchObject({ parentId: undefined, links: [] })
})

test('names of any length leave a short span', async () => {
  const long = 'x'.repeat(100_000)
  const { errors } = await publish(long, [{ data: '1' }])
  expect(errors?.[0]?.extensions.code).toBe('QUEUE_NOT_FOUND')
  await post(`query ${long} { __typename }`)
  await spanOf('query')
  expect(JSON.stringify(recorder.spans()).length).toBeLessThan(5_000)
})

test('a request by GET joins a trace, too', async () => {
  await fetch(`${server.url}?query=%7B__typename%7D`, { headers: { traceparent } })
  expect(await spanOf('query')).toMatchObject({ traceId, parentId })
})

test('of the headers of an instrumented fetch and its caller the last counts', async () => {
  const inner = `00-${traceId}-00f067aa0ba902b7-01`
  await post('{ __typename }', {}, { traceparent: `${traceparent}, ${inner}` })
  expect(await spanOf('query')).toMatchObject({ traceId, parentId: '00f067aa0ba902b7' })
})

test('operations of one socket have the context of their own extensions, or that of the socket', async () => {
  const other = '1af7651916cd43dd8448eb211c80319c'
  const client = createSocketClient({
    url: server.url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { traceparent },
  })
  const send = (query: string, extensions: Data = {}) => client.iterate({ query, extensions }).next()
  try {
    await send('query A { __typename }', { traceparent: `00-${other}-${parentId}-01` })
    await send('query B { __typename }')
    await send('query C { __typename }', { traceparent: { not: 'a text' } })
    const traces = named('query').map(({ traceId, attributes }) => [
      attributes['graphql.operation.name'],
      traceId,
    ])
    expect(traces).toEqual([
      ['A', other],
      ['B', traceId],
      ['C', traceId],
    ])
  } finally {
    await client.dispose()
  }
})

test.each(transports)(
  'over %s, a batch goes on with the trace of its events, and links to them',
  async (transport) => {
    const queue = await startQueue('c')
    await using batches = subscribe(transport, server.url, batchesOf, { input: { queue, consumer: 'c' } })
    const opened = nextWithEvents(batches)
    await spanOf('subscription')
    await publish(queue, [{ data: 'secret' }, { data: 'secret' }], { traceparent })
    const sent = await spanOf(`insertEvents ${queue}`)
    const { batchId, leaseToken, eventPage } = await opened
    expect(eventPage.events).toHaveLength(2)
    const received = await spanOf(`batch ${queue}`)
    expect(received).toMatchObject({
      kind: 'CLIENT',
      traceId,
      parentId: sent.spanId,
      links: [sent.spanId],
      attributes: {
        'messaging.operation.type': 'receive',
        'messaging.consumer.group.name': 'c',
        'messaging.batch.message_count': 2,
        'pgq.batch.id': batchId,
      },
    })
    await post(finishBatch, { input: { batchId, leaseToken, publish: [{ queue, data: 'next' }] } })
    const settled = await spanOf(`finishBatch ${queue}`)
    expect(settled).toMatchObject({
      kind: 'CLIENT',
      error: undefined,
      attributes: { 'messaging.operation.type': 'settle', 'messaging.consumer.group.name': 'c' },
    })
    expect((await columnsOf(queue)).at(-1)).toBe(`00-${settled.traceId}-${settled.spanId}-01`)
    expect(JSON.stringify(recorder.spans())).not.toContain('secret')
  },
)

test('a batch of events that were sent apart begins a trace of its own, and links to each publish once', async () => {
  const queue = await startQueue('c')
  await publish(queue, [{ data: '1' }, { data: '2' }])
  await publish(queue, [{ data: '3' }])
  const input = { queue, consumer: 'c', minCount: 3, minIntervalSeconds: 60 }
  await using batches = subscribe('SSE', server.url, batchesOf, { input })
  await nextWithEvents(batches)
  const sent = named(`insertEvents ${queue}`).map(({ spanId }) => spanId)
  const received = await spanOf(`batch ${queue}`)
  expect(received.parentId).toBeUndefined()
  expect(received.links.toSorted()).toEqual(sent.toSorted())
})

test('a settlement that is refused tells its code', async () => {
  const { errors } = await post(finishBatch, { input: { batchId: '999999', leaseToken: 'no token' } })
  const code = errors?.[0]?.extensions.code
  expect(code).toBe('BAD_INPUT')
  expect(await spanOf('finishBatch')).toMatchObject({
    error: code,
    attributes: { 'pgq.batch.id': '999999' },
  })
})

test('requests of the same time share nothing but their own traces', async () => {
  const queue = await startQueue()
  const ids = Array.from(
    { length: 20 },
    (_, n) => `${String(n).padStart(2, '0')}f7651916cd43dd8448eb211c80319c`,
  )
  const send = (id: string) =>
    post(
      `mutation { insertEvent(input: { queue: "${queue}", data: "${id}" }) { eventId } }`,
      {},
      { traceparent: `00-${id}-${parentId}-01` },
    )
  await Promise.all(ids.map(send))
  expect((await columnsOf(queue)).map((text) => text?.slice(3, 35)).toSorted()).toEqual(ids)
  expect(recorder.spans()).toHaveLength(40)
})

test('the spans of a program around the schema are their parents', async () => {
  const { schema, contextFor } = server.gateway
  const { graphql } = await import('graphql')
  const queue = await startQueue()
  const around = await trace.getTracer('test').startActiveSpan('around', async (span: Span) => {
    const source = `mutation { insertEvent(input: { queue: "${queue}", data: "1" }) { eventId } }`
    const { errors } = await graphql({ schema, source, contextValue: contextFor() })
    expect(errors).toBeUndefined()
    span.end()
    return span.spanContext()
  })
  expect(trace.getSpan(context.active())).toBeUndefined()
  expect(await spanOf(`insertEvent ${queue}`)).toMatchObject({ parentId: around.spanId })
})

test('in an instrumented server, operations belong to the span of their request, and batches do not', async () => {
  const tracer = trace.getTracer('test')
  const instrumented = createServer((request, response) => {
    tracer.startActiveSpan('POST', (span) => {
      server.gateway.handle(request, response)
      span.end()
    })
  })
  await using listening = await listen(instrumented)
  const queue = await startQueue('c')
  await using batches = subscribe('SSE', listening.url, batchesOf, { input: { queue, consumer: 'c' } })
  const opened = nextWithEvents(batches)
  const [request] = await until(() => named('POST').length > 0 && named('POST'), 'the request')
  expect(await spanOf('subscription')).toMatchObject({ parentId: request?.spanId })
  await publish(queue, [{ data: '1' }])
  await opened
  const sent = await spanOf(`insertEvents ${queue}`)
  expect(await spanOf(`batch ${queue}`)).toMatchObject({ traceId: sent.traceId, parentId: sent.spanId })
})

test('a gateway that was made without an SDK makes no spans, writes no column, and says so', async () => {
  const queue = await startQueue()
  const input = { queue, events: [{ data: '1' }] }
  await requestData(untraced.url, insertEvents, { input })
  expect(await columnsOf(queue)).toEqual([null])
  expect(recorder.spans()).toEqual([])
  expect(log.join()).toContain('tracing.traceparentColumn has no effect')
})
