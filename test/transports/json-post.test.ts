import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createYoga } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Answer, type Sent, sendBytes } from '../support/http.ts'
import { testLogger } from '../support/logger.ts'

let fixture: TestDatabase
let gateway: Gateway
let server: Server
let batchId = ''

beforeAll(async () => {
  fixture = await createTestDatabase()
  gateway = createGateway({
    databases: [{ name: 'main', connectionString: fixture.url, ticker: false }],
    limits: { maxRequestBytes: 100_000, maxEventsPerRequest: 100 },
    logger: testLogger(),
  })
  await gateway.databases.get('main').ready()
  // Executes the schema by itself, as graphql does.
  const plain = createYoga({
    schema: gateway.schema,
    context: () => gateway.contextFor(),
    maskedErrors: { maskError: (error) => gateway.maskError(error) },
    logging: false,
  })
  server = createServer((request, response) => {
    if (request.headers['x-way'] === 'plain') void plain(request, response)
    else gateway.handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const admin = await fixture.connect()
  await admin.query(
    `select pgq.create_queue('q'), pgq.create_queue('broken'), pgq.register_consumer('q', 'c')`,
  )
  await admin.query(
    `select pgq.insert_event('q', type, data, x1, x2, null, null) from (values
       ('a', '{"n": [1, "ü"]}', 'one', null), ('b', 'id=1&name=x%20y', null, 'two'), ('c', 'neither', '', null), (null, null, 'x', null)
     ) v (type, data, x1, x2)`,
  )
  await admin.query(
    `select pgq_gateway.register_event_type('q', 'typed', 0, '{"type": "object"}', false, true)`,
  )
  await admin.query(`select pgq_gateway.tick('q', true)`)
  batchId = (await admin.query(`select pgq.next_batch('q', 'c') as id`)).rows[0].id
  const { rows } = await admin.query(`select pgq.current_event_table('broken') as name`)
  await admin.query(`
    create function break_insert() returns trigger language plpgsql as $$ begin raise 'a secret' using errcode = 'XX000'; end $$;
    create trigger break_insert before insert on ${rows[0].name} for each row execute function break_insert()`)
  await admin.end()
})

afterAll(async () => {
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
  await gateway.close()
  await fixture[Symbol.asyncDispose]()
})

function send({ path = '/graphql', ...sent }: Sent & { path?: string }): Promise<Answer> {
  const { port } = server.address() as AddressInfo
  return sendBytes(new URL(path, `http://127.0.0.1:${port}`), sent)
}

const json = { 'content-type': 'application/json' }
const insert = 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { __typename } }'
const register =
  'mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { __typename } }'
const query = (text: string, variables?: object, operationName?: string) =>
  JSON.stringify({ query: text, variables, operationName })
const queue = '{ queue(name: "q") { name tickerMaxLagSeconds } }'

interface Case {
  what: string
  body: string | Buffer
  headers?: Record<string, string>
  path?: string
  method?: string
  isChunked?: boolean
}

const good: Case[] = [
  { what: 'a query', body: query(queue) },
  {
    what: 'a query with variables',
    body: query('query ($n: String!) { queue(name: $n) { name } }', { n: 'q' }),
  },
  {
    what: 'a null variables and extensions',
    body: JSON.stringify({ query: queue, variables: null, extensions: {} }),
  },
  { what: 'a named operation of two', body: query(`query A ${queue} query B { __typename }`, {}, 'B') },
  { what: 'a mutation', body: query(insert, { input: { queue: 'q', type: 'x', data: 'ü€😀' } }) },
  {
    what: 'aliases, fragments and directives',
    body: query(
      'query ($yes: Boolean!) { a: queue(name: "q") { ...F } b: queue(name: "q") { ... on Queue @skip(if: $yes) { name } ... @include(if: $yes) { id } } } fragment F on Queue { __typename n: name }',
      { yes: true },
    ),
  },
  { what: 'an object that is not there', body: query('{ queue(name: "none") { name } }') },
  {
    what: 'introspection',
    body: query(
      '{ __schema { queryType { name } } __type(name: "Event") { fields { name type { kind } } } }',
    ),
  },
  { what: 'an error with a code and field', body: query(insert, { input: { queue: 'none', type: 'x' } }) },
  {
    what: 'an error of ours below a field that may be null',
    body: query('{ a: queue(name: "q") { name } b: batch(id: 1, database: "none") { batchId } }'),
  },
  {
    what: 'an error in a list of fields',
    body: query(
      'mutation { a: retryBatch(input: { batchId: 12345 }) { eventCount } b: retryBatch(input: { batchId: 12346 }) { eventCount } }',
    ),
  },
  {
    what: 'a payload that does not match',
    body: query(insert, { input: { queue: 'q', type: 'typed', json: [] } }),
  },
  {
    what: 'event types',
    body: query('{ eventTypes(queue: "q") { __typename id type schema queue { eventTypes { version } } } }'),
  },
  {
    what: 'an event type',
    body: query(register, { input: { queue: 'q', type: 'new', schema: { $id: 'x' } } }),
  },
  {
    what: 'a schema that is refused',
    body: query(register, { input: { queue: 'q', type: 'new', schema: { typ: 1 } } }),
  },
  { what: 'an error that nobody expected', body: query(insert, { input: { queue: 'broken', type: 'x' } }) },
  { what: 'a NUL in text', body: query(insert, { input: { queue: 'q', data: 'a\0b' } }) },
  {
    what: 'a literal argument that does not fit at run time',
    body: query('{ queues(first: -1) { edges { node { name } } } }'),
  },
  { what: 'a charset', headers: { 'content-type': 'application/json; charset=utf-8' }, body: query(queue) },
  { what: 'accept */*', body: query(queue), headers: { accept: '*/*' } },
  {
    what: 'accept graphql-response',
    body: query(queue),
    headers: { accept: 'application/graphql-response+json' },
  },
  {
    what: 'accept graphql-response with an error',
    body: query(insert, { input: { queue: 'none', type: 'x' } }),
    headers: { accept: 'application/graphql-response+json' },
  },
  {
    what: 'accept both, graphql-response first',
    body: query(queue),
    headers: { accept: 'application/graphql-response+json, application/json' },
  },
  {
    what: 'accept both, JSON first',
    body: query(queue),
    headers: { accept: 'application/json,application/graphql-response+json' },
  },
  {
    what: 'accept as urql',
    body: query(queue),
    headers: {
      accept:
        'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    },
  },
  { what: 'accept as Apollo', body: query(queue), headers: { accept: 'multipart/mixed, application/json' } },
  {
    what: 'accept SSE before JSON',
    body: query(queue),
    headers: { accept: 'text/event-stream, application/json' },
  },
  { what: 'a body without a length', body: query(queue), isChunked: true },
  { what: 'GraphQL as text', headers: { 'content-type': 'application/graphql' }, body: queue },
  {
    what: 'a form',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `query=${encodeURIComponent(queue)}`,
  },
  { what: 'accept SSE alone', headers: { accept: 'text/event-stream' }, body: query(queue) },
  {
    what: 'accept with parameters',
    headers: { accept: 'application/json;q=0.5, application/graphql-response+json' },
    body: query(queue),
  },
  { what: 'GET', method: 'GET', path: `/graphql?query=${encodeURIComponent(queue)}`, body: '' },
]

const bad: (Case & { status: number; code: string })[] = [
  { what: 'text that is not JSON', status: 400, code: 'BAD_INPUT', body: '{"query":' },
  { what: 'a list', status: 400, code: 'BAD_INPUT', body: '[]' },
  { what: 'null', status: 400, code: 'BAD_INPUT', body: 'null' },
  { what: 'a number', status: 400, code: 'BAD_INPUT', body: '7' },
  { what: 'no query', status: 400, code: 'BAD_INPUT', body: '{}' },
  { what: 'a query that is a number', status: 400, code: 'BAD_INPUT', body: '{"query": 7}' },
  {
    what: 'variables that are a list',
    status: 400,
    code: 'BAD_INPUT',
    body: '{"query": "{ __typename }", "variables": []}',
  },
  {
    what: 'an operation name that is a number',
    status: 400,
    code: 'BAD_INPUT',
    body: '{"query": "{ __typename }", "operationName": 7}',
  },
  {
    what: 'extensions that are text',
    status: 400,
    code: 'BAD_INPUT',
    body: '{"query": "{ __typename }", "extensions": "x"}',
  },
  {
    what: 'an unknown parameter',
    status: 400,
    code: 'BAD_INPUT',
    body: '{"query": "{ __typename }", "more": 1}',
  },
  { what: 'an empty document', status: 200, code: 'BAD_INPUT', body: query('') },
  { what: 'a syntax error', status: 200, code: 'BAD_INPUT', body: query('{ queue(') },
  { what: 'an unknown field', status: 200, code: 'BAD_INPUT', body: query('{ quue { name } }') },
  {
    what: 'too many aliases',
    status: 200,
    code: 'LIMIT_EXCEEDED',
    body: query(`{ ${Array.from({ length: 200 }, (_, n) => `a${n}: queue(name: "q") { name }`).join(' ')} }`),
  },
  {
    what: 'too many tokens',
    status: 200,
    code: 'LIMIT_EXCEEDED',
    body: query(`{ ${'id '.repeat(11_000)} }`),
  },
  {
    what: 'too deep',
    status: 200,
    code: 'LIMIT_EXCEEDED',
    body: query(
      `{ queue(name: "q") ${'{ consumers { edges { node { queue '.repeat(8)} { name } ${'} } } }'.repeat(8)} }`,
    ),
  },
  { what: 'a missing variable', status: 200, code: 'BAD_INPUT', body: query(insert) },
  {
    what: 'a variable of the wrong type',
    status: 200,
    code: 'BAD_INPUT',
    body: query(insert, { input: { queue: 7 } }),
  },
  {
    what: 'an unknown field in a variable',
    status: 200,
    code: 'BAD_INPUT',
    body: query(insert, { input: { queue: 'q', data: 'x', dta: 'x' } }),
  },
  {
    what: 'an int8 out of range',
    status: 200,
    code: 'BAD_INPUT',
    body: query('query ($id: BigInt!) { batch(id: $id) { batchId } }', { id: '9223372036854775808' }),
  },
  {
    what: 'two operations without a name',
    status: 200,
    code: 'BAD_INPUT',
    body: query('query A { __typename } query B { __typename }'),
  },
  {
    what: 'an operation that is not there',
    status: 200,
    code: 'BAD_INPUT',
    body: query('query A { __typename }', {}, 'C'),
  },
  {
    what: 'a subscription',
    status: 406,
    code: 'BAD_INPUT',
    headers: { accept: 'application/json' },
    body: query('subscription { tail(queue: "q") { __typename } }'),
  },
  {
    what: 'a body that is too large',
    status: 413,
    code: 'LIMIT_EXCEEDED',
    body: query(insert, { input: { queue: 'q', data: 'x'.repeat(200_000) } }),
  },
  { what: 'an empty body', status: 400, code: 'BAD_INPUT', body: '' },
  {
    what: 'an unknown content type',
    status: 415,
    code: 'BAD_INPUT',
    headers: { 'content-type': 'text/plain' },
    body: query(queue),
  },
  {
    what: 'accept of what there is not',
    status: 406,
    code: 'BAD_INPUT',
    headers: { accept: 'image/png' },
    body: query(queue),
  },
  {
    what: 'a mutation by GET',
    status: 405,
    code: 'BAD_INPUT',
    method: 'GET',
    path: `/graphql?query=${encodeURIComponent('mutation { tick(input: {queue: "q"}) { tickId } }')}`,
    body: '',
  },
  { what: 'PUT', status: 405, code: 'BAD_INPUT', method: 'PUT', body: query(queue) },
]

const insertMany = 'mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { __typename } }'
const eventLists: [string, unknown][] = [
  ['events as they should be', [{ type: 'x' }, { data: 'ü', extra1: '', extra4: 'y', type: null }]],
  ['JSON of every kind', [{ json: { a: [1, null] } }, { json: null }, { json: 0 }, { json: 'x' }]],
  ['no events', []],
  ['more events than the limit', Array.from({ length: 101 }, () => ({ type: 'x' }))],
  ['an event without any field', [{ type: 'x' }, {}]],
  ['an event of nulls', [{ type: null }]],
  [
    'payloads that match',
    [
      { type: 'typed', json: {} },
      { type: 'typed', data: '{"a": 1}' },
    ],
  ],
  [
    'payloads that do not match',
    [{ type: 'typed', json: 1 }, { type: 'typed' }, { type: 'typed', data: 'x' }],
  ],
  ['data and JSON at once', [{ data: 'x', json: 1 }]],
  ['one event in place of a list', { type: 'x' }],
]

/** What is wrong with a list of events, and the field that is named. */
const badEventLists: [string, string, unknown][] = [
  ['a NUL', 'events[1].extra2', [{ type: 'x' }, { extra2: 'a\0' }]],
  ['a lone surrogate', 'events[0].data', [{ data: '\ud800' }]],
  ['a number for a text', 'events[0].type', [{ type: 7 }]],
  ['an unknown field', 'events[1]', [{ type: 'x' }, { tpye: 'x' }]],
  ['a field of an object', 'events[0]', JSON.parse('[{"__proto__": {"type": "x"}}]')],
  ['an event that is null', 'events[0]', [null]],
  ['an event that is a text', 'events[0]', ['x']],
  ['an event that is a list', 'events[0]', [['x']]],
  ['null', 'events', null],
  ['nothing', 'input', undefined],
]

/** Without a length a request is none of those that are answered the quick way. */
const throughYoga = (given: Parameters<typeof send>[0]) => send({ ...given, isChunked: true })
const plainly = (given: Parameters<typeof send>[0]) =>
  throughYoga({ ...given, headers: { ...given.headers, 'x-way': 'plain' } })

describe('events to publish are taken as graphql takes them:', () => {
  const compare = async (body: string) => {
    const quick = await send({ headers: json, body })
    expect(quick.body).toBe((await plainly({ headers: json, body })).body)
    expect(quick.body).toBe((await throughYoga({ headers: json, body })).body)
  }

  test.each(eventLists)('%s', (_, events) => compare(query(insertMany, { input: { queue: 'q', events } })))

  test.each([
    [
      'written out',
      'mutation ($x: String) { insertEvents(input: { queue: "q", events: [{ type: $x, json: { a: [1] } }, { data: "x" }] }) { __typename } }',
    ],
    [
      'written out, one in place of a list',
      'mutation ($x: String) { insertEvents(input: { queue: "q", events: { type: $x } }) { __typename } }',
    ],
    [
      'in a variable with a default',
      'mutation ($e: [EventInput!]! = [{ type: "d" }], $x: String) { insertEvents(input: { queue: "q", events: $e }) { __typename } insertEvent(input: { queue: "q", type: $x }) { __typename } }',
    ],
  ])('%s', (_, text) => compare(query(text, { x: 'v' })))
})

describe('events that cannot be published are refused with the field at fault:', () => {
  const refused = async (body: string, field: string) => {
    for (const way of [send, throughYoga]) {
      const { errors, data } = JSON.parse((await way({ headers: json, body })).body)
      expect(data).toBeUndefined()
      expect(errors[0].extensions).toEqual({ code: 'BAD_INPUT', field })
    }
  }

  test.each(badEventLists)('%s', (_, field, events) =>
    refused(query(insertMany, { input: { queue: 'q', events } }), field),
  )

  test.each([
    [
      'a NUL, written out',
      'events[1].data',
      'mutation ($x: String) { insertEvents(input: { queue: "q", events: [{ type: $x }, { data: "\\u0000" }] }) { __typename } }',
      { x: 'v' },
    ],
    [
      'a NUL in the default of a variable',
      'events[1].data',
      'mutation ($x: String! = "\\u0000") { insertEvents(input: { queue: "q", events: [{ type: "x" }, { data: $x }] }) { __typename } }',
      {},
    ],
    [
      'a NUL deep in the default of a variable',
      'events[0].type',
      'mutation ($e: [EventInput!]! = [{ type: "\\u0000" }]) { insertEvents(input: { queue: "q", events: $e }) { __typename } }',
      {},
    ],
    [
      'a NUL in a list of their own',
      'events[0].type',
      'mutation ($e: [EventInput!]!) { insertEvents(input: { queue: "q", events: $e }) { __typename } }',
      { e: [{ type: 'a\0' }] },
    ],
    [
      'a NUL in one of their own',
      'events[0].type',
      'mutation ($e: EventInput!) { insertEvents(input: { queue: "q", events: [$e] }) { __typename } }',
      { e: { type: 'a\0' } },
    ],
    [
      'a NUL in the variable of a field',
      'events[0].type',
      'mutation ($x: String) { insertEvents(input: { queue: "q", events: [{ type: $x }] }) { __typename } }',
      { x: 'a\0' },
    ],
    [
      'a lone surrogate in the variable of a field',
      'events[0].type',
      'mutation ($x: String!) { insertEvents(input: { queue: "q", events: [{ type: $x }] }) { __typename } }',
      { x: '\udc00' },
    ],
  ])('%s', (_, field, text, variables) => refused(query(text, variables), field))
})

describe('events', () => {
  test('are stored as they were sent', async () => {
    const events = [
      { type: 't', data: 'd', extra1: '1', extra2: '2', extra3: '3', extra4: '4' },
      { json: { b: [1] } },
    ]
    const text = 'mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }'
    const { body } = await send({ headers: json, body: query(text, { input: { queue: 'q', events } }) })
    const { eventIds } = JSON.parse(body).data.insertEvents
    const client = await fixture.connect()
    const { rows: tables } = await client.query(`select pgq.current_event_table('q') as name`)
    const { rows } = await client.query(
      `select ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4 from ${tables[0].name}
        where ev_id = any ($1) order by ev_id`,
      [eventIds],
    )
    await client.end()
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['t', 'd', '1', '2', '3', '4'],
      [null, '{"b":[1]}', null, null, null, null],
    ])
  })
})

const lists = [
  ['all fields', 'events { eventId time txid retry type data extra1 extra2 extra3 extra4 }'],
  ['the same in another order', 'events { extra4 extra3 extra2 extra1 data type retry txid time eventId }'],
  ['some of them', 'events { data eventId }'],
  ['parsed data and type names', 'events { __typename json data }'],
  ['aliases, and a field under two names', 'events { id: eventId again: eventId type: data data: type }'],
  ['lists that are merged', 'events { eventId } events { type eventId } ...F'],
  ['fragments', 'events { ...E ... on Event { extra2 } ... { retry } ...E }'],
  [
    'directives',
    'events { eventId @skip(if: $yes) data @include(if: $yes) ... @skip(if: $yes) { type } ...E @include(if: $no) }',
  ],
  ['pages', 'eventPage(first: 2) { hasNextPage endCursor events { eventId json } }'],
  ['filters', 'events(filter: { types: ["a", "c"] }) { type }'],
  ['no events', 'events(filter: { types: ["none"] }) { type data }'],
  ['two lists under aliases', 'a: events { type } b: events(filter: { extra1: "one" }) { data }'],
  ['an error instead of a page', 'eventPage(first: 0) { events { type } }'],
] as const

describe('lists of events are as the full handler gives them:', () => {
  test.each(lists)('%s', async (_, selection) => {
    const fragments = `fragment F on Batch { events { extra1 } } fragment E on Event { extra1 time }`
    const used = ['F', 'E'].filter((name) => selection.includes(`...${name}`))
    const text = `query ($id: BigInt!, $yes: Boolean! = true, $no: Boolean! = false) {
      __typename @include(if: $yes) @skip(if: $no)
      batch(id: $id) { ${selection} } }
      ${fragments
        .split(/(?= fragment)/)
        .filter((each) => used.some((name) => each.includes(`fragment ${name}`)))
        .join(' ')}`
    const given = { headers: json, body: query(text, { id: batchId }) }
    const quick = await send(given)
    const complete = await plainly(given)
    expect(complete.body).toMatch(/^{"data":{"__typename"|^{"errors":.*first/)
    expect(quick.body).toBe(complete.body)
  })
})

/** The first `count` events of a stream as they come over the wire, without pings. */
async function readEvents(headers: Record<string, string>, body: string, count: number) {
  const { port } = server.address() as AddressInfo
  const stop = new AbortController()
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { ...json, accept: 'text/event-stream', ...headers },
    body,
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(5_000)]),
  })
  let text = ''
  let events: string[] = []
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split('\n\n').slice(0, -1)
    events = blocks.filter((block) => block !== ':' && block !== '').map((block) => block.trimStart())
    if (events.length >= count) break
  }
  stop.abort()
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    events: events.slice(0, count),
  }
}

describe('a stream over SSE has the events of the full handler:', () => {
  test.each([
    [
      'messages',
      'subscription { tail(queue: "q", after: 1) { __typename ... on TickBatch { tickId isComplete events { eventId json } } } }',
      1,
    ],
    [
      'a gap',
      'subscription { ticks(queue: "q", after: 1000000) { __typename ... on Gap { reason fromTick } } }',
      1,
    ],
    ['an error after the start, and the end', 'subscription { tail(queue: "none") { __typename } }', 2],
    ['an error of the arguments, and the end', 'subscription { queueStats(intervalSeconds: 0) { name } }', 2],
    ['introspection of a message', 'subscription { s: queueStats(queues: ["q"]) { name __typename } }', 1],
    ['a document that is not valid', 'subscription { nothing }', 1],
  ])('%s', async (_, text, count) => {
    const quick = await readEvents({}, query(text), count)
    const complete = await readEvents({ accept: 'Text/Event-Stream; q=1' }, query(text), count)
    expect(complete.events).toHaveLength(count)
    expect(quick).toEqual(complete)
  })
})

/** The id under which an error was logged is another each time. */
const withoutIds = (body: string) => body.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')

describe('the quick way gives the answer of the full handler to', () => {
  test.each([...good, ...bad])('$what', async ({ headers = {}, ...rest }) => {
    const given = { ...rest, headers: { ...json, ...headers } }
    const quick = await send(given)
    const complete = await throughYoga(given)
    expect(quick.status).toBe(complete.status)
    expect(quick.headers['content-type']).toBe(complete.headers['content-type'])
    expect(withoutIds(quick.body)).toBe(withoutIds(complete.body))
  })
})

test.each(good)('$what is answered with 200', async ({ headers = {}, ...rest }) => {
  expect((await send({ ...rest, headers: { ...json, ...headers } })).status).toBe(200)
})

test.each(bad)(
  '$what is answered with $status and $code',
  async ({ headers = {}, status, code, ...rest }) => {
    const answer = await send({ ...rest, headers: { ...json, ...headers } })
    expect(answer.status).toBe(status)
    expect(answer.body).toContain(code)
  },
)

test('answers are not to be kept by caches', async () => {
  const { headers } = await send({ headers: json, body: query(queue) })
  expect(headers['cache-control']).toBe('no-store')
})

test('a client that goes away in the middle of its body leaves the server well', async () => {
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => {
    const sent = httpRequest({
      port,
      method: 'POST',
      path: '/graphql',
      headers: { ...json, 'content-length': '1000' },
    })
    sent.on('error', () => resolve())
    sent.write('{"query"', () => sent.destroy(new Error('gone')))
  })
  expect((await send({ headers: json, body: query(queue) })).status).toBe(200)
})
