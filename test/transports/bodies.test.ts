import { once } from 'node:events'
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { withDeadline } from '../support/deadline.ts'
import { requestData } from '../support/graphql.ts'
import { type Answer, type Sent, sendBytes } from '../support/http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const MAX_BYTES = 1_000_000

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ limits: { maxRequestBytes: MAX_BYTES } })
  await requestData(server.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
})
afterAll(() => server[Symbol.asyncDispose]())

function send({ headers, ...sent }: Sent): Promise<Answer> {
  return sendBytes(server.url, { ...sent, headers: { 'content-type': 'application/json', ...headers } })
}

function expectRefusal({ status, body }: Answer, expected: { status: number; message: RegExp }): void {
  expect(status, body).toBe(expected.status)
  const { data, errors } = JSON.parse(body)
  expect(data).toBeUndefined()
  expect(errors[0].extensions.code).toBe(expected.status === 413 ? 'LIMIT_EXCEEDED' : 'BAD_INPUT')
  expect(errors[0].message).toMatch(expected.message)
}

const insert = 'mutation { insertEvent(input: { queue: "q", data: "ü" }) { __typename } }'
const inserted = { data: { insertEvent: { __typename: 'InsertEventPayload' } } }
const text = JSON.stringify({ query: insert })
const latin1 = Buffer.from(text, 'latin1')
const swapped = (body: Buffer) => Buffer.from(body).swap16()

describe.each([false, true])('a body in chunks (%s)', (isChunked) => {
  test.each([
    ['in Latin-1', latin1, /not UTF-8/],
    ['that is cut in a character', Buffer.from(text).subarray(0, text.indexOf('ü') + 1), /not UTF-8/],
    ['with a surrogate in UTF-8', Buffer.from('{"query":"\xed\xa0\x80"}', 'latin1'), /not UTF-8/],
    ['with a byte order mark', Buffer.from(`\ufeff${text}`), /byte order mark/],
    ['in UTF-16', Buffer.from(text, 'utf16le'), /not UTF-8/],
    ['in UTF-16, letters first', swapped(Buffer.from(text, 'utf16le')), /not UTF-8/],
    ['in UTF-16 with a mark', Buffer.from(`\ufeff${text}`, 'utf16le'), /not UTF-8/],
    ['in UTF-16 with a mark, letters first', swapped(Buffer.from(`\ufeff${text}`, 'utf16le')), /not UTF-8/],
  ])('%s is refused', async (_, body, message) => {
    expectRefusal(await send({ body, isChunked }), { status: 400, message })
    const sse = await send({ body, isChunked, headers: { accept: 'text/event-stream' } })
    expect(sse.status).toBe(400)
    expect(sse.body).toMatch(message)
  })

  test.each([
    'application/json;charset=utf-8',
    'application/json; charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json; charset=utf8',
    'Application/JSON',
    'APPLICATION/JSON ; Charset=UTF-8',
    'application/graphql+json',
  ])('of the type %s is taken', async (type) => {
    const { status, body } = await send({
      body: Buffer.from(text),
      isChunked,
      headers: { 'content-type': type },
    })
    expect(status).toBe(200)
    expect(JSON.parse(body)).toEqual(inserted)
  })

  test.each(['iso-8859-1', 'utf-16', 'UTF-8x', '"latin1"'])(
    'of the charset %s is refused',
    async (charset) => {
      const headers = { 'content-type': `application/json; charset=${charset}` }
      const answer = await send({ body: Buffer.from(text), isChunked, headers })
      expectRefusal(answer, { status: 415, message: /charset.*utf-8/ })
    },
  )

  test.each(['constructor', 'text/json', ''])('of the type %j is refused', async (type) => {
    const answer = await send({ body: Buffer.from(text), isChunked, headers: { 'content-type': type } })
    expectRefusal(answer, { status: 415, message: /application\/json/ })
  })
})

test.each(['application/graphql', 'application/x-www-form-urlencoded'])(
  'a body of %s in Latin-1 is refused',
  async (type) => {
    const body = Buffer.from(type.endsWith('graphql') ? insert : `query=${insert}`, 'latin1')
    expectRefusal(await send({ body, headers: { 'content-type': type } }), {
      status: 400,
      message: /not UTF-8/,
    })
  },
)

describe('a body with a content-encoding', () => {
  const encodings: [string, (body: Buffer) => Buffer][] = [
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ['identity', (body) => body],
  ]
  test.each(encodings)('%s is decoded', async (encoding, encode) => {
    for (const isChunked of [false, true]) {
      const headers = { 'content-encoding': encoding }
      const { status, body } = await send({ body: encode(Buffer.from(text)), headers, isChunked })
      expect(status).toBe(200)
      expect(JSON.parse(body)).toEqual(inserted)
    }
  })

  test.each(['zstd', 'gzip, br', 'constructor', 'utf-8'])(
    '%s is refused, with those that are known',
    async (encoding) => {
      const answer = await send({ body: Buffer.from(text), headers: { 'content-encoding': encoding } })
      expectRefusal(answer, { status: 415, message: /content-encoding.*gzip, deflate and br/ })
      expect(answer.headers['accept-encoding']).toBe('gzip, deflate, br')
    },
  )

  test.each(encodings.slice(2, 5))('%s is refused when it is damaged', async (encoding, encode) => {
    const whole = encode(Buffer.from(text))
    for (const body of [Buffer.from(text), whole.subarray(0, whole.length - 9), encode(Buffer.alloc(0))]) {
      const answer = await send({ body, headers: { 'content-encoding': encoding } })
      expectRefusal(answer, { status: 400, message: /content-encoding|A request is/ })
    }
  })

  test.each(encodings.slice(2, 5))('%s is refused when it is Latin-1 inside', async (encoding, encode) => {
    const answer = await send({ body: encode(latin1), headers: { 'content-encoding': encoding } })
    expectRefusal(answer, { status: 400, message: /not UTF-8/ })
  })

  const padded = (bytes: number) => Buffer.from(text.padEnd(bytes - 1))
  test.each(encodings.slice(2, 5))('%s is taken up to the limit', async (encoding, encode) => {
    const headers = { 'content-encoding': encoding }
    const most = padded(MAX_BYTES)
    expect(most.length).toBe(MAX_BYTES)
    expect((await send({ body: encode(most), headers })).status).toBe(200)
    const answer = await send({ body: encode(padded(MAX_BYTES + 1)), headers })
    expectRefusal(answer, { status: 413, message: /1000000 bytes/ })
  })

  test.each(encodings.slice(2, 5))('%s is not decoded beyond the limit', async (encoding, encode) => {
    const bomb = encode(Buffer.alloc(128 * 1024 * 1024, ' '))
    expect(bomb.length).toBeLessThan(MAX_BYTES)
    const before = process.memoryUsage.rss()
    const bombs = Array.from({ length: 8 }, () =>
      send({ body: bomb, headers: { 'content-encoding': encoding } }),
    )
    for (const answer of await Promise.all(bombs)) expectRefusal(answer, { status: 413, message: /larger/ })
    expect(process.memoryUsage.rss() - before).toBeLessThan(256 * 1024 * 1024)
  })

  test('gzip is refused when its own size is above the limit', async () => {
    const body = Buffer.alloc(MAX_BYTES + 1)
    for (const isChunked of [false, true]) {
      const answer = await send({ body, isChunked, headers: { 'content-encoding': 'gzip' } })
      expectRefusal(answer, { status: 413, message: /large/ })
    }
  })
})

describe('a GET', () => {
  const get = async (query: string): Promise<Answer> => {
    const response = await fetch(`${server.url}?${query}`, { headers: { accept: 'application/json' } })
    return { status: response.status, headers: {}, body: await response.text() }
  }
  const queue = (name: string) => `query={queue(name:"${name}"){name}}`

  test('is decoded as UTF-8', async () => {
    await requestData(server.url, 'mutation { createQueue(input: { name: "ü +&=%" }) { created } }')
    const { status, body } = await get(queue('%C3%BC+%2B%26%3D%25'))
    expect(status).toBe(200)
    expect(JSON.parse(body)).toEqual({ data: { queue: { name: 'ü +&=%' } } })
  })

  test('may have variables, and other parameters, whose first value counts', async () => {
    const query = encodeURIComponent('query ($n: String!) { queue(name: $n) { name } }')
    const variables = encodeURIComponent('{"n":"q"}')
    const { body } = await get(`a&query=${query}&variables=${variables}&query=x&b=1=2&extensions=`)
    expect(JSON.parse(body)).toEqual({ data: { queue: { name: 'q' } } })
  })

  test.each([
    ['Latin-1', queue('%FC')],
    ['half a character', queue('%C3')],
    ['a surrogate', queue('%ED%A0%80')],
    ['a % without digits', queue('100%')],
    ['letters of no digits', queue('%zz')],
    ['a bad name', `${queue('q')}&%ff=1`],
  ])('is refused with %s', async (_, query) => {
    expectRefusal(await get(query), { status: 400, message: /percent-encoding/ })
  })

  test('without a query is refused', async () => {
    for (const query of ['', 'query=', 'variables={%22a%22:1}'])
      expectRefusal(await get(query), { status: 400, message: /query/ })
  })
})

describe('a WebSocket', () => {
  const open = async () => {
    const socket = new WebSocket(server.url, 'graphql-transport-ws')
    await once(socket, 'open')
    socket.send('{"type":"connection_init"}')
    await once(socket, 'message')
    return socket
  }
  const subscribe = `{"id":"1","type":"subscribe","payload":${text}}`

  test.each([true, false])('is closed by a message that is not UTF-8 (binary: %s)', async (binary) => {
    const socket = await open()
    socket.send(Buffer.from(subscribe, 'latin1'), { binary })
    const [code] = await withDeadline(once(socket, 'close'), 'the close', 10_000)
    expect(code).toBe(1007)
  })

  test('takes binary messages in UTF-8', async () => {
    const socket = await open()
    socket.send(Buffer.from(subscribe), { binary: true })
    const [message] = await withDeadline(once(socket, 'message'), 'a message', 10_000)
    expect(JSON.parse(String(message)).payload).toEqual(inserted)
    socket.close()
  })
})
