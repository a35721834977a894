import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
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
