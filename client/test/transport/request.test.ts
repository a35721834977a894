import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../../test/support/server.ts'
import { createClient } from '../../src/index.ts'
import { failureOf } from '../support/failure.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  await createClient({ url: server.url }).createQueue('orders')
})

afterAll(() => server[Symbol.asyncDispose]())

/** A web server that answers each request in the same way. */
async function startAnswering(status: number, type: string, body: string) {
  const listener = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(body)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    async [Symbol.asyncDispose]() {
      listener.closeAllConnections()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}

test('creates a queue once', async () => {
  const client = createClient({ url: server.url })
  expect(await client.createQueue('fresh', { tickerMaxCount: 10 })).toBe(true)
  expect(await client.createQueue('fresh')).toBe(false)
})

test('publishes one event for an id, and several for ids in their order', async () => {
  const client = createClient({ url: server.url })
  const id = await client.publish('orders', { type: 'created', json: { id: 1 } })
  const ids = await client.publish('orders', [{ data: 'a' }, { data: 'b' }])
  expect(id).toMatch(/^\d+$/)
  // A tick may take numbers of the sequence in between.
  const [first = '', second = ''] = ids
  expect(ids).toHaveLength(2)
  expect(BigInt(first)).toBeGreaterThan(BigInt(id))
  expect(BigInt(second)).toBeGreaterThan(BigInt(first))
})

test('publishes no events without asking the server', async () => {
  const client = createClient({ url: 'http://127.0.0.1:1/graphql' })
  expect(await client.publish('orders', [])).toEqual([])
})

test('gives the code and the field of the server', async () => {
  const client = createClient({ url: server.url })
  expect(await failureOf(client.publish('missing', { data: '' }))).toMatchObject({
    code: 'QUEUE_NOT_FOUND',
    message: expect.stringContaining('missing'),
  })
  expect(await failureOf(client.publish('orders', {}))).toMatchObject({ code: 'BAD_INPUT' })
})

test('runs any document, as text too', async () => {
  const client = createClient({ url: server.url })
  const data = await client.request('query ($name: String!) { queue(name: $name) { name } }', {
    name: 'orders',
  })
  expect(data).toEqual({ queue: { name: 'orders' } })
})

test('refuses a document that the schema does not know as BAD_INPUT, in a subscription too', async () => {
  const client = createClient({ url: server.url })
  expect(await failureOf(client.request('{ nonsense }'))).toMatchObject({ code: 'BAD_INPUT' })
  expect(await failureOf(client.subscribe('subscription { nonsense }').next())).toMatchObject({
    code: 'BAD_INPUT',
  })
})

test('asks for headers before each request', async () => {
  const seen: (string | null)[] = []
  let token = 0
  const client = createClient({
    url: server.url,
    headers: () => ({ authorization: `Bearer ${++token}` }),
    fetch: (input, init) => {
      seen.push(new Headers(init?.headers).get('authorization'))
      return fetch(input, init)
    },
  })
  await client.createQueue('orders')
  await client.createQueue('orders')
  expect(seen).toEqual(['Bearer 1', 'Bearer 2'])
})

test('calls a server that is not there UNAVAILABLE', async () => {
  const client = createClient({ url: 'http://127.0.0.1:1/graphql' })
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code: 'UNAVAILABLE' })
})

test('calls a server that does not answer in time TIMEOUT', async () => {
  const never: typeof fetch = (_input, init) =>
    new Promise((_, reject) => {
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
    })
  const client = createClient({ url: server.url, fetch: never, requestTimeoutMs: 20 })
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code: 'TIMEOUT' })
})

test.each([
  [502, 'text/html', '<h1>Bad gateway</h1>', 'UNAVAILABLE'],
  [504, 'text/html', '', 'TIMEOUT'],
  [401, 'text/plain', 'who are you', 'UNAUTHENTICATED'],
  [403, 'text/plain', 'no', 'FORBIDDEN'],
  [404, 'text/plain', 'Nothing is here', 'INTERNAL'],
  [200, 'text/html', '<h1>Welcome</h1>', 'INTERNAL'],
  [200, 'application/json', '{"data":', 'INTERNAL'],
  [200, 'application/json', '[]', 'INTERNAL'],
  [200, 'application/json', '{"errors":[7]}', 'INTERNAL'],
  [200, 'application/json', '{"errors":[{"message":"new","extensions":{"code":"NEWER"}}]}', 'INTERNAL'],
])('takes an answer %i %s %s for %s', async (status, type, body, code) => {
  await using other = await startAnswering(status, type, body)
  const client = createClient({ url: other.url })
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({ code })
  expect(await failureOf(client.subscribe('subscription { x }').next())).toMatchObject({ code })
})

test('gives the reason of a signal that is aborted', async () => {
  const client = createClient({ url: server.url })
  const reason = new Error('changed my mind')
  const published = client.publish('orders', { data: '' }, { signal: AbortSignal.abort(reason) })
  await expect(published).rejects.toBe(reason)
})
