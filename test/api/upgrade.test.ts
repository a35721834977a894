import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requestData } from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

/** Requests a WebSocket. @returns the status line of the answer, with the socket. */
async function upgrade(path: string, headers = ''): Promise<{ status: string; socket: Socket }> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n${headers}\r\n`,
  )
  const [answer] = await once(socket, 'data')
  return { status: String(answer).split('\r\n')[0] ?? '', socket }
}

test.each([
  ['/graphql', '101 Switching Protocols'],
  ['/graphql?token=1', '101 Switching Protocols'],
  ['/elsewhere', '404 Not Found'],
  ['//', '404 Not Found'],
  ['http://[/graphql', '404 Not Found'],
])('an upgrade of %s is answered with %s', async (path, expected) => {
  const { status, socket } = await upgrade(path)
  expect(status).toBe(`HTTP/1.1 ${expected}`)
  socket.destroy()
})

test('a client that resets its connection when its upgrade is refused does not stop the server', async () => {
  for (let n = 0; n < 20; n++) {
    const { status, socket } = await upgrade('/graphql', 'Origin: https://evil.example\r\n')
    expect(status).toBe('HTTP/1.1 403 Forbidden')
    socket.resetAndDestroy()
  }
  expect(await requestData(server.url, '{ __typename }')).toEqual({ __typename: 'Query' })
})
