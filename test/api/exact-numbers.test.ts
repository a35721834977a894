import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Result, requestData, transports } from '../support/graphql.ts'
import { nextTailEvents, tailFromNow } from '../support/read-events.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await requestData(server.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
})
afterAll(() => server[Symbol.asyncDispose]())

/** Sends an operation whose variables are text, since JSON.stringify cannot write them. */
type Send = (query: string, variables: string) => Promise<Result>

const bodyOf = (query: string, variables: string) =>
  `{"query":${JSON.stringify(query)},"variables":${variables}}`

const post = (body: BodyInit, headers: Record<string, string>): Promise<Response> =>
  fetch(server.url, { method: 'POST', headers, body, duplex: 'half' } as RequestInit)

const json = { 'content-type': 'application/json' }

const ways: Record<string, Send> = {
  POST: async (query, variables) => (await post(bodyOf(query, variables), json)).json() as Promise<Result>,
  'a POST in chunks': async (query, variables) =>
    (await post(new Blob([bodyOf(query, variables)]).stream(), json)).json() as Promise<Result>,
  SSE: async (query, variables) => {
    const response = await post(bodyOf(query, variables), { ...json, accept: 'text/event-stream' })
    return JSON.parse(/^data: (\{.*\})$/m.exec(await response.text())?.[1] ?? '{}')
  },
  'a form': async (query, variables) =>
    (await post(new URLSearchParams({ query, variables }), {})).json() as Promise<Result>,
  WebSocket: async (query, variables) => {
    const socket = new WebSocket(server.url, 'graphql-transport-ws')
    await once(socket, 'open')
    socket.send('{"type":"connection_init","payload":{"n":-0}}')
    await once(socket, 'message')
    socket.send(`{"id":"1","type":"subscribe","payload":${bodyOf(query, variables)}}`)
    const [text] = await once(socket, 'message')
    socket.close()
    const { type, payload } = JSON.parse(String(text))
    return type === 'error' ? { errors: payload } : payload
  },
}

async function storedData(eventIds: readonly string[]): Promise<string[]> {
  const client = await server.fixture.connect()
  const { rows: tables } = await client.query(`select pgq.current_event_table('q') as name`)
  const { rows } = await client.query(
    `select ev_data from ${tables[0].name} where ev_id = any ($1) order by ev_id`,
    [eventIds],
  )
  await client.end()
  return rows.map((row) => row.ev_data)
}

const insert = 'mutation ($json: JSON) { insertEvent(input: { queue: "q", json: $json }) { eventId } }'
const insertMany = 'mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }'
const payload =
  '{"id":9007199254740993,"all":[12345678901234567890,1e400,-0,{"x":-1E-400}],"text":"1e400","__proto__":{"a":-0}}'

describe.each(Object.entries(ways))('over %s', (_, send) => {
  test('numbers that JavaScript would change are stored as they were sent', async () => {
    const one = await send(insert, `{"json":${payload}}`)
    const input = `{"queue":"q","events":[{"json":-0},{"json":${payload}},{"data":"-0"}]}`
    const many = await send(insertMany, `{"input":${input}}`)
    expect(await storedData([one.data?.insertEvent.eventId])).toEqual([payload])
    expect(await storedData(many.data?.insertEvents.eventIds)).toEqual(['-0', payload, '-0'])
  })

  test('numbers in a document are stored as they are written there', async () => {
    const list = '[9007199254740993, 1e400, -0, 1.50, $json]'
    const { data } = await send(insert.replace('json: $json', `json: { a: ${list} }`), '{"json":[1e-400]}')
    expect(await storedData([data?.insertEvent.eventId])).toEqual([
      '{"a":[9007199254740993,1e400,-0,1.5,[1e-400]]}',
    ])
  })

  test('a default is stored as it is written', async () => {
    const { data } = await send(insert.replace('JSON)', 'JSON = { a: -0.0 })'), '{}')
    expect(await storedData([data?.insertEvent.eventId])).toEqual(['{"a":-0.0}'])
  })

  test.each([
    ['a text', '{"queue":"q","data":9007199254740993}', 'data', /value 9007199254740993 .*; String cannot/],
    ['an input', '-0', 'input', /value -0; .*to be an object/],
    ['a list', '{"queue":"q","extra1":[1e400]}', 'extra1', /a list at .*; String cannot .*: \[1e400\]$/],
  ])('such a number in place of %s is BAD_INPUT', async (_, input, field, message) => {
    const text = 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }'
    const [error] = (await send(text, `{"input":${input}}`)).errors ?? []
    expect(error?.extensions).toEqual({ code: 'BAD_INPUT', field })
    expect(error?.message).toMatch(message)
  })

  test('a BigInt that lost digits as a number is BAD_INPUT', async () => {
    const text = 'query ($id: BigInt!) { batch(id: $id) { batchId } }'
    const [error] = (await send(text, '{"id":9007199254740993}')).errors ?? []
    expect(error?.extensions).toEqual({ code: 'BAD_INPUT', field: 'id' })
  })

  test('variables that are such a number are BAD_INPUT', async () => {
    const [error] = (await send('{ __typename }', '-0')).errors ?? []
    expect(error?.extensions).toEqual({ code: 'BAD_INPUT', field: 'variables' })
  })

  test.each([
    ['{"const":9007199254740993}', '/const is 9007199254740993, which would be read as 9007199254740992;'],
    ['{"properties":{"a/b":{"enum":[1,-0]}},"type":"object"}', '/properties/a~1b/enum/1 is -0,'],
    ['{"type":"integer","maximum":9223372036854775807}', '/maximum is 9223372036854775807,'],
    ['{"type":"number","minimum":-1e400}', '/minimum is -1e400, which would be read as -Infinity;'],
  ])('the schema %s is BAD_INPUT', async (schema, message) => {
    const text =
      'mutation ($schema: JSON!) { registerEventType(input: { queue: "q", type: "t", schema: $schema }) { created } }'
    const [error] = (await send(text, `{"schema":${schema}}`)).errors ?? []
    expect(error?.extensions).toEqual({ code: 'BAD_INPUT', field: 'schema' })
    expect(error?.message).toContain(message)
  })
})

test.each(transports)('json that is delivered over %s has the numbers of JavaScript', async (transport) => {
  await using tail = await tailFromNow(transport, server.url, 'data json')
  const data = '[9007199254740993,1e400,-0,1.50,"1e400"]'
  await ways.POST?.(insert, `{"json":${data}}`)
  const events = await nextTailEvents(tail)
  expect(events).toEqual([
    { data: '[9007199254740993,1e400,-0,1.5,"1e400"]', json: [9007199254740992, null, 0, 1.5, '1e400'] },
  ])
})
