import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { withDeadline } from '../support/deadline.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const init = { type: 'connection_init' }
const operation = (id: string) => ({
  id,
  type: 'subscribe',
  payload: { query: 'subscription { ticks { __typename } }' },
})

test.each([
  ['text that is not JSON', 4400, ['{']],
  ['a message of no known type', 4400, [{ type: 'hello' }]],
  ['connection_init again', 4429, [init]],
  ['the id of a running operation', 4409, [operation('1'), operation('1')]],
  ['a long id of a running operation', 4409, [operation('1'.repeat(200)), operation('1'.repeat(200))]],
])('a WebSocket that was introduced and sends %s is closed with %i', async (_, expected, messages) => {
  const socket = new WebSocket(server.url, 'graphql-transport-ws')
  const closed = once(socket, 'close')
  await once(socket, 'open')
  socket.send(JSON.stringify(init))
  await once(socket, 'message')
  for (const message of messages) socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  const [code] = await closed
  expect(code).toBe(expected)
})

const query = '{ __typename }'

test.each([
  ['no payload', undefined],
  ['a text as payload', query],
  ['a query that is no text', { query: 7 }],
  ['a list as variables', { query, variables: [] }],
  ['a text as variables', { query, variables: '{}' }],
  ['a number as operationName', { query, operationName: 7 }],
  ['a text as extensions', { query, extensions: '' }],
  ['an unknown parameter', { query, more: 1 }],
])('an operation with %s is refused alone', async (_, payload) => {
  const socket = new WebSocket(server.url, 'graphql-transport-ws')
  await once(socket, 'open')
  const answer = async () => JSON.parse(String((await withDeadline(once(socket, 'message'), 'an answer'))[0]))
  socket.send(JSON.stringify(init))
  expect(await answer()).toEqual({ type: 'connection_ack' })
  for (const message of [operation('other'), { id: 'faulty', type: 'subscribe', payload }])
    socket.send(JSON.stringify(message))
  const fault = { message: expect.any(String), extensions: expect.objectContaining({ code: 'BAD_INPUT' }) }
  expect(await answer()).toEqual({ id: 'faulty', type: 'error', payload: [fault] })
  socket.send(JSON.stringify(operation('other')))
  const [code] = await withDeadline(once(socket, 'close'), 'the end, since the other operation still runs')
  expect(code).toBe(4409)
})

test('a WebSocket of another protocol is closed with 4406', async () => {
  const socket = new WebSocket(server.url)
  const [code] = await once(socket, 'close')
  expect(code).toBe(4406)
})

test('a WebSocket that sends an operation before connection_init is closed with 4401', async () => {
  const socket = new WebSocket(server.url, 'graphql-transport-ws')
  socket.once('open', () => socket.send(JSON.stringify(operation('1'))))
  const [code] = await once(socket, 'close')
  expect(code).toBe(4401)
})
