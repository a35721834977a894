import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Data, type Result, request, requestData, subscribe, transports } from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ limits: { maxEventsPerRequest: 100, maxRequestBytes: 8 * 1024 * 1024 } })
  await requestData(server.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
  await requestData(server.url, register, {
    input: { queue: 'q', type: 'number', schema: { type: 'number' }, enforce: true },
  })
})
afterAll(() => server[Symbol.asyncDispose]())

interface BadCase {
  what: string
  query: string
  variables?: Data
  code: string
  field?: string
  message?: RegExp
}

const register = 'mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { created } }'
const insert = 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }'

const cases: BadCase[] = [
  {
    what: 'an unknown queue',
    query: insert,
    variables: { input: { queue: 'none', type: 'x' } },
    code: 'QUEUE_NOT_FOUND',
    field: 'queue',
  },
  ...[
    'deadLetters(queue: "none") { edges { cursor } }',
    'consumers(queue: "none") { edges { cursor } }',
    'eventTypes(queue: "none") { type }',
  ].map((field) => ({
    what: `a list of an unknown queue, ${field}`,
    query: `{ ${field} }`,
    code: 'QUEUE_NOT_FOUND',
    field: 'queue',
  })),
  ...[
    'requeueDeadLetters(input: { queue: "none" }) { requeuedCount }',
    'deleteDeadLetters(input: { queue: "none" }) { deletedCount }',
  ].map((field) => ({
    what: `dead letters of an unknown queue, ${field}`,
    query: `mutation { ${field} }`,
    code: 'QUEUE_NOT_FOUND',
    field: 'queue',
  })),
  {
    what: 'an unknown consumer',
    query: 'mutation { nextBatch(input: { queue: "q", consumer: "none" }) { batch { batchId } } }',
    code: 'CONSUMER_NOT_FOUND',
    field: 'consumer',
    message: /registerConsumer/,
  },
  {
    what: 'an unknown batch',
    query: 'mutation { retryBatch(input: { batchId: 12345 }) { eventCount } }',
    code: 'BATCH_NOT_FOUND',
    field: 'batchId',
  },
  {
    what: 'a token of nobody',
    query:
      'mutation { finishBatch(input: { batchId: 1, leaseToken: "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa" }) { finished } }',
    code: 'STALE_LEASE',
  },
  {
    what: 'a token that is no UUID, to touch with',
    query: 'mutation { touchBatch(input: { batchId: 1, leaseToken: "mine" }) { touched } }',
    code: 'BAD_INPUT',
    field: 'leaseToken',
  },
  {
    what: 'a token that is no UUID, to settle with',
    query: 'mutation { finishBatch(input: { batchId: 1, leaseToken: "mine" }) { finished } }',
    code: 'BAD_INPUT',
    field: 'leaseToken',
  },
  {
    what: 'an unknown database',
    query: '{ queue(name: "q", database: "none") { name } }',
    code: 'NOT_FOUND',
    field: 'database',
    message: /main/,
  },
  {
    what: 'an int8 out of range, as a literal',
    query: '{ batch(id: 9223372036854775808) { batchId } }',
    code: 'BAD_INPUT',
    message: /from -9223372036854775808/,
  },
  {
    what: 'an int8 out of range, as a variable',
    query: 'query ($id: BigInt!) { batch(id: $id) { batchId } }',
    variables: { id: '-9223372036854775809' },
    code: 'BAD_INPUT',
    message: /\$id/,
  },
  {
    what: 'an int8 that lost digits as a number',
    query: 'query ($id: BigInt!) { batch(id: $id) { batchId } }',
    variables: { id: 2 ** 60 },
    code: 'BAD_INPUT',
    message: /string/,
  },
  {
    what: 'an event without any field',
    query: insert,
    variables: { input: { queue: 'q' } },
    code: 'BAD_INPUT',
    field: 'data',
  },
  {
    what: 'an event with data and json',
    query: insert,
    variables: { input: { queue: 'q', data: 'x', json: 1 } },
    code: 'BAD_INPUT',
    field: 'json',
  },
  {
    what: 'a NUL byte in text',
    query: insert,
    variables: { input: { queue: 'q', data: 'a\0b' } },
    code: 'BAD_INPUT',
    field: 'data',
    message: /NUL/,
  },
  {
    what: 'a NUL byte deep in a list',
    query:
      'mutation ($events: [EventInput!]!) { insertEvents(input: { queue: "q", events: $events }) { eventIds } }',
    variables: { events: [{ type: 'x' }, { extra2: '\0' }] },
    code: 'BAD_INPUT',
    field: 'events[1].extra2',
  },
  {
    what: 'a NUL byte in the default of a variable that is used nowhere',
    query: 'query ($name: String = "a\\u0000") { __typename }',
    code: 'BAD_INPUT',
    message: /^Variable "\$name" is never used/,
  },
  {
    what: 'null for an argument, in place of the default of its variable',
    query: 'query ($name: String = "q") { queue(name: $name) { name } }',
    variables: { name: null },
    code: 'BAD_INPUT',
    field: 'name',
    message: /^Variable "\$name" must not be null/,
  },
  {
    what: 'null for an argument, in place of its own default',
    query: 'query ($name: String) { queue(name: "q", database: $name) { name } }',
    variables: { name: null },
    code: 'BAD_INPUT',
    field: 'database',
  },
  {
    what: 'null within a literal, in a fragment, after a use that takes it',
    query:
      'mutation ($text: String = "q") { a: insertEvent(input: { queue: "q", data: $text }) { eventId } ...F } fragment F on Mutation { insertEvents(input: { queue: "q", events: [{ json: 1 }, { type: $text }], database: $text }) { eventIds } }',
    variables: { text: null },
    code: 'BAD_INPUT',
    field: 'database',
  },
  {
    what: 'a variable with the name of the prototype',
    query: 'query ($__proto__: String!) { queue(name: $__proto__) { name } }',
    variables: JSON.parse('{ "__proto__": "q" }'),
    code: 'BAD_INPUT',
    message: /\$__proto__/,
  },
  { what: 'a lone surrogate', query: 'query { queue(name: "\\ud800") { name } }', code: 'BAD_INPUT' },
  {
    what: 'too many events at once',
    query:
      'mutation ($events: [EventInput!]!) { insertEvents(input: { queue: "q", events: $events }) { eventIds } }',
    variables: { events: Array.from({ length: 101 }, () => ({ type: 'x' })) },
    code: 'LIMIT_EXCEEDED',
    field: 'events',
  },
  {
    what: 'malformed GraphQL',
    query: 'query { queue(name: "q" { name }',
    code: 'BAD_INPUT',
    message: /Syntax Error/,
  },
  { what: 'an unknown field', query: '{ quue { name } }', code: 'BAD_INPUT' },
  { what: 'a missing variable', query: insert, code: 'BAD_INPUT', message: /\$input/ },
  { what: 'an empty document', query: '', code: 'BAD_INPUT' },
  {
    what: '10,000 aliases',
    query: `{ ${Array.from({ length: 10_000 }, (_, n) => `a${n}: queue(name: "q") { name }`).join(' ')} }`,
    code: 'LIMIT_EXCEEDED',
  },
  {
    what: 'one alias too many',
    query: `{ ${Array.from({ length: 101 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
    code: 'LIMIT_EXCEEDED',
    message: /100 aliases/,
  },
  {
    what: 'a field that is named a thousand times',
    query: `{ queue(name: "q") { ${'name '.repeat(1_000)} } }`,
    code: 'LIMIT_EXCEEDED',
    message: /^The document has too many fields of equal names; name each once/,
  },
  {
    what: 'pages that multiply',
    query:
      '{ queue(name: "q") { ticks(first: 1000) { nodes { queue { ticks(first: 1000) { nodes { tickId } } } } } } }',
    code: 'LIMIT_EXCEEDED',
    message: /first/,
  },
  {
    what: 'a few hundred aliases',
    query: `{ ${Array.from({ length: 200 }, (_, n) => `a${n}: queue(name: "q") { name }`).join(' ')} }`,
    code: 'LIMIT_EXCEEDED',
    message: /100 aliases/,
  },
  {
    what: 'many copies of the events',
    query: '{ batch(id: 1) { events { a: data b: data c: data d: data } } }',
    code: 'LIMIT_EXCEEDED',
    message: /3 aliases of an event's data/,
  },
  {
    what: 'deep nesting',
    query: `{ queue(name: "q") ${'{ consumers { edges { node { queue '.repeat(8)} { name } ${'} } } }'.repeat(8)} }`,
    code: 'LIMIT_EXCEEDED',
    message: /nested/,
  },
  {
    what: 'a page that is too large',
    query: '{ queues(first: 100000) { edges { node { name } } } }',
    code: 'LIMIT_EXCEEDED',
    field: 'first',
  },
  {
    what: 'a negative page',
    query: '{ queues(first: -1) { edges { node { name } } } }',
    code: 'BAD_INPUT',
    field: 'first',
  },
  {
    what: 'a cursor of another list',
    query: '{ queues(after: "nonsense") { edges { node { name } } } }',
    code: 'BAD_INPUT',
    field: 'after',
  },
  {
    what: 'a pattern that ends in its escape',
    query: 'query ($pattern: String) { queues(nameLike: $pattern) { nodes { name } } }',
    variables: { pattern: 'a\\\\\\' },
    code: 'BAD_INPUT',
    field: 'nameLike',
  },
  {
    what: 'an id with a NUL character',
    query: `{ node(id: "${Buffer.from('Queue:main/%00').toString('base64url')}") { id } }`,
    code: 'BAD_INPUT',
    field: 'id',
  },
  { what: 'an id that is none', query: '{ node(id: "nonsense") { id } }', code: 'BAD_INPUT', field: 'id' },
  {
    what: 'a negative interval',
    query: 'mutation { setQueueConfig(input: { name: "q", tickerMaxLagSeconds: -1 }) { queue { name } } }',
    code: 'BAD_INPUT',
    field: 'tickerMaxLagSeconds',
  },
  {
    what: 'an interval past all time',
    query: 'mutation { setQueueConfig(input: { name: "q", tickerMaxLagSeconds: 1e300 }) { queue { name } } }',
    code: 'BAD_INPUT',
    field: 'tickerMaxLagSeconds',
  },
  {
    what: 'a rotation period past all time, for a new queue',
    query: 'mutation { createQueue(input: { name: "never", rotationPeriodSeconds: 1e15 }) { created } }',
    code: 'BAD_INPUT',
    field: 'rotationPeriodSeconds',
  },
  {
    what: 'a lag past all time',
    query:
      'mutation { nextBatch(input: { queue: "q", consumer: "c", minLagSeconds: 1e300 }) { batch { batchId } } }',
    code: 'BAD_INPUT',
    field: 'minLagSeconds',
  },
  {
    what: 'a dead interval past all time',
    query:
      'mutation { nextCoopBatch(input: { queue: "q", consumer: "g", subconsumer: "m", deadIntervalSeconds: 1e15 }) { batch { batchId } } }',
    code: 'BAD_INPUT',
    field: 'deadIntervalSeconds',
  },
  {
    what: 'a tick that is not in the log',
    query:
      'mutation { registerConsumer(input: { queue: "q", consumer: "c", atTick: 77777 }) { registered } }',
    code: 'BAD_INPUT',
    field: 'atTick',
  },
  {
    what: 'a member name with a dot',
    query:
      'mutation { registerSubconsumer(input: { queue: "q", consumer: "g", subconsumer: "a.b" }) { registered } }',
    code: 'BAD_INPUT',
    field: 'subconsumer',
  },
  {
    what: 'a tick of a paused queue',
    query:
      'mutation { pauseTicker(input: { queue: "q" }) { queue { tickerPaused } } tick(input: { queue: "q" }) { tickId } resumeTicker(input: { queue: "q" }) { queue { tickerPaused } } }',
    code: 'TICKER_PAUSED',
  },
  {
    what: 'a DateTime that is none',
    query: 'mutation { retryEvent(input: { batchId: 1, eventId: 1, at: "tomorrow" }) { retried } }',
    code: 'BAD_INPUT',
    message: /RFC 3339/,
  },
  {
    what: 'an event type of an unknown queue',
    query: register,
    variables: { input: { queue: 'none', type: 't', schema: {} } },
    code: 'QUEUE_NOT_FOUND',
    field: 'queue',
  },
  {
    what: 'an event type with a name past all indexes',
    query: register,
    variables: { input: { queue: 'q', type: 'x'.repeat(501), schema: {} } },
    code: 'BAD_INPUT',
    field: 'type',
  },
  {
    what: 'a NUL byte in the name of an event type',
    query: register,
    variables: { input: { queue: 'q', type: 'a\0b', schema: {} } },
    code: 'BAD_INPUT',
    field: 'type',
  },
  {
    what: 'a schema that is no schema',
    query: register,
    variables: { input: { queue: 'q', type: 't', schema: [] } },
    code: 'BAD_INPUT',
    field: 'schema',
  },
  {
    what: 'a schema that is null',
    query: register,
    variables: { input: { queue: 'q', type: 't', schema: null } },
    code: 'BAD_INPUT',
  },
  {
    what: 'a schema that JSON Schema does not allow',
    query: register,
    variables: { input: { queue: 'q', type: 't', schema: { properties: { a: { type: 'strnig' } } } } },
    code: 'BAD_INPUT',
    field: 'schema',
    message: /\/properties\/a\/type/,
  },
  {
    what: 'a schema with a keyword that nobody knows',
    query: register,
    variables: { input: { queue: 'q', type: 't', schema: { type: 'object', requred: ['a'] } } },
    code: 'BAD_INPUT',
    field: 'schema',
    message: /\/requred/,
  },
  {
    what: 'a schema that refers to elsewhere',
    query: register,
    variables: { input: { queue: 'q', type: 't', schema: { $ref: 'http://localhost/secret' } } },
    code: 'BAD_INPUT',
    field: 'schema',
    message: /\/\$ref/,
  },
  {
    what: 'a schema with a pattern that refers back',
    query: register,
    variables: { input: { queue: 'q', type: 't', schema: { type: 'string', pattern: '^(a)\\1$' } } },
    code: 'BAD_INPUT',
    field: 'schema',
    message: /\/pattern/,
  },
  {
    what: 'a schema of more than 64 kB',
    query: register,
    variables: { input: { queue: 'q', type: 't', schema: { description: 'x'.repeat(65_536) } } },
    code: 'BAD_INPUT',
    field: 'schema',
    message: /65536/,
  },
  {
    what: 'a schema that breaks readers',
    query: register,
    variables: { input: { queue: 'q', type: 'number', schema: { type: 'string' } } },
    code: 'INCOMPATIBLE_SCHEMA',
    field: 'schema',
    message: /\/type was number, and is string/,
  },
  {
    what: 'the removal of an event type from an unknown queue',
    query: 'mutation { removeEventType(input: { queue: "none", type: "t" }) { removed } }',
    code: 'QUEUE_NOT_FOUND',
    field: 'queue',
  },
  {
    what: 'a payload of another type than registered',
    query: insert,
    variables: { input: { queue: 'q', type: 'number', json: 'seven' } },
    code: 'INVALID_PAYLOAD',
    field: 'json',
    message: /must be number/,
  },
  {
    what: 'a payload that is not JSON, in a literal with an escape',
    query: 'mutation { insertEvent(input: { queue: "q", type: "number", data: "\\u0061" }) { eventId } }',
    code: 'INVALID_PAYLOAD',
    field: 'data',
    message: /not JSON/,
  },
  {
    what: 'a payload deep in a list',
    query:
      'mutation ($events: [EventInput!]!) { insertEvents(input: { queue: "q", events: $events }) { eventIds } }',
    variables: { events: [{ type: 'number', json: 1 }, { type: 'other' }, { type: 'number', json: {} }] },
    code: 'INVALID_PAYLOAD',
    field: 'events[2].json',
  },
]

test('no events at all are inserted, unless the queue is unknown', async () => {
  const insertNone = (queue: string) =>
    request(
      server.url,
      'mutation ($queue: String!) { insertEvents(input: { queue: $queue, events: [] }) { eventIds } }',
      { queue },
    )
  expect(await insertNone('q')).toEqual({ data: { insertEvents: { eventIds: [] } } })
  expect((await insertNone('none')).errors?.[0]?.extensions).toEqual({
    code: 'QUEUE_NOT_FOUND',
    field: 'queue',
  })
})

function check(result: Result, expected: BadCase): void {
  const [error] = result.errors ?? []
  expect(error, JSON.stringify(result).slice(0, 300)).toBeDefined()
  expect(error?.extensions.code).toBe(expected.code)
  for (const { extensions } of result.errors ?? []) expect(extensions.field).not.toBe('')
  if (expected.field) expect(error?.extensions.field).toBe(expected.field)
  if (expected.message) expect(error?.message).toMatch(expected.message)
  expect(error?.message.length).toBeLessThan(1_100)
  expect(JSON.stringify(result.errors)).not.toMatch(/select |pgq_gateway\.|at Object|node_modules/)
}

describe('over HTTP', () => {
  test.each(cases)('$what is $code', async (bad) => {
    check(await request(server.url, bad.query, bad.variables), bad)
  })
})

describe.each(transports)('over a %s subscription', (transport) => {
  test.each(cases.filter((bad) => !bad.query.startsWith('mutation { pause')))(
    '$what is $code',
    async (bad) => {
      // A document that the client libraries refuse themselves cannot be sent through them.
      if (bad.query === '') return check(await request(server.url, bad.query), bad)
      await using subscription = subscribe(transport, server.url, bad.query, bad.variables)
      const result = await subscription.next().catch(async (error: unknown) => {
        // graphql-sse rejects an error status with the response, whose body is unread.
        const response = (error as { response?: Response }).response
        if (response) return JSON.parse((await response.text()).match(/^data: (.*)$/m)?.[1] ?? '{}') as Result
        // graphql-ws rejects with the list of errors when nothing was executed.
        if (Array.isArray(error)) return { errors: error } as Result
        throw error
      })
      check(result, bad)
    },
  )

  test.each([
    {
      what: 'an unknown queue',
      query: 'subscription { tail(queue: "none") { __typename } }',
      code: 'QUEUE_NOT_FOUND',
      field: 'queue',
    },
    {
      what: 'an unknown consumer',
      query: 'subscription { batches(input: { queue: "q", consumer: "none" }) { batchId } }',
      code: 'CONSUMER_NOT_FOUND',
    },
    {
      what: 'an interval that is too short',
      query: 'subscription { queueStats(intervalSeconds: 0.001) { name } }',
      code: 'BAD_INPUT',
      field: 'intervalSeconds',
    },
    {
      what: 'a cursor without a queue',
      query: 'subscription { ticks(after: 1) { __typename } }',
      code: 'BAD_INPUT',
      field: 'after',
    },
  ] as BadCase[])('$what ends the subscription with $code', async (bad) => {
    await using subscription = subscribe(transport, server.url, bad.query)
    check(await subscription.next(), bad)
    await subscription.ended()
  })
})

describe('bodies', () => {
  test('of a 10 MB event are refused with LIMIT_EXCEEDED, and an event of 1 MB is taken', async () => {
    const big = await request(server.url, insert, {
      input: { queue: 'q', data: 'x'.repeat(10 * 1024 * 1024) },
    })
    expect(big.errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED')
    const small = await request(server.url, insert, { input: { queue: 'q', data: 'x'.repeat(1024 * 1024) } })
    expect(small.data?.insertEvent.eventId).toMatch(/^\d+$/)
  })

  test.each([
    ['text that is not JSON', '{"query":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no query', '{}'],
    ['a query that is a number', '{"query": 7}'],
    ['variables that are a list', '{"query": "{ __typename }", "variables": []}'],
  ])('that hold %s are BAD_INPUT', async (_, body) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const result = (await response.json()) as Result
    expect(result.errors?.[0]?.extensions.code).toBe('BAD_INPUT')
  })

  test('of other origins are refused, and so are other names of this machine', async () => {
    const post = (headers: Record<string, string>) =>
      fetch(server.url, {
        method: 'POST',
        body: '{"query":"{__typename}"}',
        headers: { 'content-type': 'application/json', ...headers },
      })
    expect((await post({ origin: 'https://evil.example' })).status).toBe(403)
    expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await post({ origin: new URL(server.url).origin })).status).toBe(200)
    expect(await rawStatus('Host: evil.example')).toBe('HTTP/1.1 403 Forbidden')
    expect(
      await rawStatus(
        `Host: localhost\r\nOrigin: https://evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws`,
      ),
    ).toBe('HTTP/1.1 403 Forbidden')
  })

  test.each(['localhost:99999999', 'localhost:99999999/graphql', '[::1', 'a@localhost', 'local\\host'])(
    'for the host %s are refused, without a word about the insides',
    async (host) => {
      expect(await rawStatus(`Host: ${host}`)).toBe('HTTP/1.1 403 Forbidden')
    },
  )

  function rawStatus(headers: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
      socket.once('error', reject)
      socket.once('data', (data) => {
        resolve(data.toString().split('\r\n')[0] ?? '')
        socket.destroy()
      })
      socket.write(`GET /graphql HTTP/1.1\r\n${headers}\r\n\r\n`)
    })
  }
})

test('the server still works after all of that', async () => {
  expect(await requestData(server.url, '{ queue(name: "q") { name } }')).toEqual({ queue: { name: 'q' } })
})
