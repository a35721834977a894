import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

describe('an upgrade to what is not served is ignored:', () => {
  const h2c = {
    connection: 'Upgrade, HTTP2-Settings',
    upgrade: 'h2c',
    'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA',
  }

  test.each([
    ['a GET', 'GET', '/health/live', ''],
    ['a POST', 'POST', '/graphql', JSON.stringify({ query: '{ __typename }' })],
    [
      'a large POST',
      'POST',
      '/graphql',
      JSON.stringify({ query: `{ __typename #${'x'.repeat(500_000)}\n}` }),
    ],
  ])('%s', async (_, method, path, body) => {
    const { port } = new URL(server.url)
    const headers = { ...h2c, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const sent = request({ port, method, path, headers, host: '127.0.0.1' }, (response) => {
        let text = ''
        response.on('data', (chunk) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode, text }))
      })
      sent.on('error', reject)
      sent.end(body)
    })
    expect(answer.status).toBe(200)
    expect(answer.text).toContain(method === 'GET' ? 'live' : '"__typename":"Query"')
  })
})
