import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type GraphqlError, request } from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

interface Parameters {
  query: string
  operationName?: string
  variables?: object
}

const ways: Record<string, (parameters: Parameters) => Promise<GraphqlError[]>> = {
  HTTP: async (parameters) => (await (await post(parameters, 'application/json')).json()).errors,
  SSE: async (parameters) => {
    const text = await (await post(parameters, 'text/event-stream')).text()
    return JSON.parse(/^(?:data: )?(\{.*\})$/m.exec(text)?.[1] ?? '{}').errors
  },
  WebSocket: async (payload) => {
    const socket = new WebSocket(server.url, 'graphql-transport-ws')
    await once(socket, 'open')
    socket.send('{"type":"connection_init"}')
    await once(socket, 'message')
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }))
    const [text] = await once(socket, 'message')
    socket.close()
    const { payload: answer } = JSON.parse(String(text))
    return Array.isArray(answer) ? answer : answer.errors
  },
}

function post(parameters: Parameters, accept: string): Promise<Response> {
  return fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(parameters),
  })
}

describe.each(Object.keys(ways))('over %s', (way) => {
  test.each<[string, Parameters, string, RegExp?]>([
    ['lists nested 4,900 deep', { query: `{ node(id: ${nested(4_900)}) { id } }` }, ''],
    ['lists nested 20,000 deep', { query: `{ node(id: ${nested(20_000)}) { id } }` }, 'LIMIT_EXCEEDED'],
    ['types nested 20,000 deep', { query: `query ($a: ${nested(20_000, 'Int')}) { a }` }, 'LIMIT_EXCEEDED'],
    ['fields nested 20,000 deep', { query: '{ a'.repeat(20_000) }, 'LIMIT_EXCEEDED'],
    [
      'a skipped subscription',
      { query: 'subscription { ticks @skip(if: true) { __typename } }' },
      'BAD_INPUT',
    ],
    [
      'a skipped subscription, by a fragment',
      {
        query:
          'subscription ($a: Boolean!) { ...A } fragment A on Subscription { ... @include(if: $a) { ticks { __typename } } }',
        variables: { a: false },
      },
      'BAD_INPUT',
    ],
    ['two operations and no name', { query: 'query A { __typename } query B { __typename }' }, 'BAD_INPUT'],
    ['an unknown name', { query: '{ __typename }', operationName: 'A' }, 'BAD_INPUT', /operation/],
    ['no operation', { query: 'fragment A on Query { __typename }' }, 'BAD_INPUT'],
  ])('%s get a code that blames the request', async (_, parameters, code, message = /./) => {
    const [error] = (await ways[way]?.(parameters)) ?? []
    if (code === '') expect(error?.extensions.code).toMatch(/^(BAD_INPUT|LIMIT_EXCEEDED)$/)
    else expect(error?.extensions.code).toBe(code)
    expect(error?.message).toMatch(message)
  })
})

function nested(depth: number, inner = ''): string {
  return '['.repeat(depth) + inner + ']'.repeat(depth)
}

test.each(['variables={', 'variables=7&extensions=%22'])('a GET with %s is BAD_INPUT', async (parameters) => {
  const response = await fetch(`${server.url}?query={__typename}&${parameters}`)
  const { errors } = await response.json()
  expect(errors[0].extensions.code).toBe('BAD_INPUT')
})

test('a form whose variables are no JSON is BAD_INPUT', async () => {
  const response = await fetch(server.url, {
    method: 'POST',
    body: new URLSearchParams({ query: '{ __typename }', variables: '{' }),
  })
  const { errors } = await response.json()
  expect(errors[0].extensions.code).toBe('BAD_INPUT')
})

test('an unknown parameter of a form is BAD_INPUT, and of a URL may be the token of an authentication', async () => {
  const parameters = new URLSearchParams({ query: '{ __typename }', token: 'x' })
  const form = await fetch(server.url, { method: 'POST', body: parameters })
  expect(form.status).toBe(400)
  const { errors } = await form.json()
  expect(errors[0].extensions).toEqual({ code: 'BAD_INPUT', field: 'token' })
  expect(await (await fetch(`${server.url}?${parameters}`)).json()).toEqual({ data: { __typename: 'Query' } })
})

test('JSON without its content type is told to send it', async () => {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: '{"query": "{ __typename }"}',
  })
  expect(response.status).toBe(400)
  const { errors } = await response.json()
  expect(errors).toEqual([
    {
      message: expect.stringContaining('send JSON with content-type application/json'),
      extensions: { code: 'BAD_INPUT', field: 'query' },
    },
  ])
})

test('the server still works after all of that', async () => {
  expect(await request(server.url, '{ __typename }')).toEqual({ data: { __typename: 'Query' } })
})
