import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { anybody } from '../../src/caller.ts'
import { PgqError } from '../../src/errors.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { type Answer, type Sent, sendBytes } from '../support/http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({
    authenticate: async ({ headers }, params) => {
      const credentials = params?.authorization ?? headers.authorization
      if (credentials === 'Bearer good') return anybody
      if (credentials === 'Bearer later') throw new PgqError('UNAVAILABLE', 'Come again')
      throw new PgqError('UNAUTHENTICATED', 'Send good credentials')
    },
  })
})
afterAll(() => server[Symbol.asyncDispose]())

const body = JSON.stringify({ query: '{ __typename }' })
const json = { 'content-type': 'application/json' }
const get = (query: string) => `?query=${encodeURIComponent(query)}`

const requests: [title: string, sent: Sent, place?: string][] = [
  ['POST', { headers: json, body }],
  [
    'POST of a mutation',
    { headers: json, body: '{"query":"mutation { dropQueue(input: {queue: \\"q\\"}) { dropped } }"}' },
  ],
  ['POST in chunks', { headers: json, body, isChunked: true }],
  ['POST that is compressed', { headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync(body) }],
  [
    'POST of a form',
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'query={__typename}' },
  ],
  ['POST of what is no request', { headers: json, body: 'nonsense' }],
  ['POST above the limit', { headers: json, body: Buffer.alloc(9_000_000, ' ') }],
  [
    'POST of several parts',
    { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' },
  ],
  ['PUT', { method: 'PUT', headers: json, body }],
  ['GET', { method: 'GET', body: '' }, get('{ __typename }')],
  ['GET of a mutation', { method: 'GET', body: '' }, get('mutation { __typename }')],
  ['GET of nothing', { method: 'GET', body: '' }],
  ...[
    'application/json; q=1',
    'application/graphql-response+json',
    'application/json, text/event-stream',
    'multipart/mixed; boundary="-"; subscriptionSpec=1.0, application/json',
    'image/png',
    '*/*;q=0.1',
  ].map((accept): [string, Sent] => [`POST that accepts ${accept}`, { headers: { ...json, accept }, body }]),
]

function expectRefusal({ status, headers, body }: Answer, challenge: string): void {
  expect(status, body).toBe(401)
  expect(headers['www-authenticate']).toBe(challenge)
  expect(JSON.parse(body)).toEqual({
    errors: [{ message: 'Send good credentials', extensions: { code: 'UNAUTHENTICATED' } }],
  })
}

describe('bad credentials are 401', () => {
  test.each(requests)('by %s', async (_title, sent, place = '') => {
    const url = server.url + place
    expectRefusal(await sendBytes(url, sent), 'Bearer realm="pgq-graphql"')
    const headers = { ...sent.headers, authorization: 'Bearer bad' }
    const challenge = 'Bearer realm="pgq-graphql", error="invalid_token"'
    expectRefusal(await sendBytes(url, { ...sent, headers }), challenge)
    const good = await sendBytes(url, { ...sent, headers: { ...sent.headers, authorization: 'Bearer good' } })
    expect(good.status).not.toBe(401)
    expect(good.headers['www-authenticate']).toBeUndefined()
  })

  test.each([
    ['POST', { headers: { ...json, accept: 'text/event-stream' }, body }, ''],
    [
      'GET',
      { method: 'GET', headers: { accept: 'text/event-stream' }, body: '' },
      get('subscription { ticks { __typename } }'),
    ],
  ])('by %s for a stream of events, and end it', async (_title, sent, place) => {
    const answer = await sendBytes(server.url + place, sent)
    expect(answer).toMatchObject({ status: 401, headers: { 'content-type': 'text/event-stream' } })
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="pgq-graphql"')
    expect(answer.body).toMatch(/event: next\ndata: .*"UNAUTHENTICATED".*\n\nevent: complete/)
  })

  test('of another scheme, without a word of a token', async () => {
    const headers = { ...json, authorization: 'Basic Zm9vOmJhcg==' }
    expectRefusal(await sendBytes(server.url, { headers, body }), 'Bearer realm="pgq-graphql"')
  })

  test('before the body has come, and leave the connection to the next request', async () => {
    const { hostname, port, host } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    const seen = (status: string) => until(() => text.includes(status), status, { describe: () => text })
    const head = (length: number, credentials: string) =>
      `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
      `Authorization: ${credentials}\r\nContent-Length: ${length}\r\n\r\n`
    socket.write(head(5_000_000, 'Bearer bad'))
    await seen('HTTP/1.1 401')
    socket.write(Buffer.alloc(5_000_000, ' '))
    socket.write(head(body.length, 'Bearer good') + body)
    await seen('HTTP/1.1 200')
    socket.destroy()
  })

  test('but the page of GraphiQL is open to all', async () => {
    const page = await fetch(server.url, { headers: { accept: 'text/html' } })
    expect(page.status).toBe(200)
    await page.body?.cancel()
  })
})

test('credentials that cannot be checked now are 503, to be sent again', async () => {
  const answer = await sendBytes(server.url, { headers: { ...json, authorization: 'Bearer later' }, body })
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  expect(answer.headers['www-authenticate']).toBeUndefined()
  expect(JSON.parse(answer.body).errors[0].extensions.code).toBe('UNAVAILABLE')
})

test.each([
  ['bad ones', { authorization: 'Bearer bad' }, 4401],
  ['none', {}, 4401],
  ['some that cannot be checked now', { authorization: 'Bearer later' }, 1013],
])('a WebSocket with %s is closed', async (_title, payload, code) => {
  const socket = new WebSocket(server.url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  await once(socket, 'open')
  const closed = once(socket, 'close')
  socket.send(JSON.stringify({ type: 'connection_init', payload }))
  const [got, reason] = await withDeadline(closed, 'the end of the socket')
  expect(got).toBe(code)
  expect(String(reason)).toMatch(code === 4401 ? 'Send good credentials' : 'Come again')
})
