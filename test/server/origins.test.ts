import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requestData } from '../support/graphql.ts'
import { type Answer, sendBytes } from '../support/http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { upgrade } from './upgrade.ts'

const listed = 'https://app.example'
let strict: TestServer
let listing: TestServer
let open: TestServer
let behindProxy: TestServer
beforeAll(async () => {
  strict = await startTestServer({ publicUrl: 'https://queues.example/' })
  listing = await startTestServer({ cors: { origins: [listed] } })
  open = await startTestServer({ cors: { origins: ['*'] } })
  behindProxy = await startTestServer({ trustProxy: true, allowedHosts: ['queues.example'] })
})
afterAll(async () => {
  for (const server of [strict, listing, open, behindProxy]) await server?.[Symbol.asyncDispose]()
})

function post({ url }: TestServer, query: string, headers: Record<string, string>): Promise<Answer> {
  return sendBytes(url, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  })
}

function query(server: TestServer, headers: Record<string, string>): Promise<Answer> {
  return post(server, '{ __typename }', headers)
}

/** Changes something, so that a refusal can be told from an answer that a browser would hide. */
function mutate(server: TestServer, headers: Record<string, string>): Promise<Answer> {
  return post(server, 'mutation { createQueue(input: { name: "made-by-a-page" }) { created } }', headers)
}

function preflight({ url }: TestServer, origin: string): Promise<Answer> {
  return sendBytes(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'cors',
    },
    body: '',
  })
}

describe('a page of another origin', () => {
  test.each([
    'https://evil.example',
    'null',
    'http://localhost:1',
    'https://app.example.evil.example',
    'http://app.example',
    'https://app.example:8443',
  ])('%s is refused before anything runs', async (origin) => {
    for (const server of [strict, listing]) {
      const answer = await mutate(server, { origin })
      expect(answer.status).toBe(403)
      expect(answer.body).toContain(origin)
      expect(answer.body).toContain('cors.origins')
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
      const asked = await preflight(server, origin)
      expect(asked.status).toBe(403)
      expect(asked.headers).not.toHaveProperty('access-control-allow-origin')
      expect(await upgrade(server.url, { origin })).toBe(403)
      expect(await requestData(server.url, '{ queues { nodes { name } } }')).toEqual({
        queues: { nodes: [] },
      })
    }
  })

  test('that is listed gets a preflight that it may keep, and may read answers and open WebSockets', async () => {
    const asked = await preflight(listing, listed)
    expect(asked).toMatchObject({ status: 204, body: '' })
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': listed,
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '7200',
      vary: 'Origin, Access-Control-Request-Headers',
      'x-content-type-options': 'nosniff',
    })
    expect(asked.headers).not.toHaveProperty('access-control-allow-credentials')
    const read = { origin: listed, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }
    for (const accept of ['application/json', 'text/event-stream', 'application/json; charset=utf-8']) {
      const answer = await sendBytes(listing.url, {
        headers: { ...read, accept, 'content-type': 'application/json' },
        body: '{"query":"{__typename}"}',
      })
      expect(answer.status, accept).toBe(200)
      expect(answer.body).toContain('"__typename":"Query"')
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': listed,
        'access-control-expose-headers': 'Retry-After,WWW-Authenticate,X-Request-Id',
        vary: 'Origin',
      })
    }
    expect(await upgrade(listing.url, read)).toBe(101)
  })

  test('with a list, every answer that may be kept says that it depends on the origin', async () => {
    const page = await sendBytes(listing.url, { method: 'GET', headers: { accept: 'text/html' }, body: '' })
    expect(page.headers.vary).toBe('Origin, accept, accept-encoding')
    expect(page.headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('"*" lets every origin in but that of sandboxes and files', async () => {
    const origin = 'https://any.example'
    expect((await preflight(open, origin)).headers).toMatchObject({ 'access-control-allow-origin': '*' })
    const answer = await sendBytes(open.url, {
      headers: { origin, 'content-type': 'application/json' },
      body: '{"query":"{__typename}"}',
    })
    expect(answer).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': '*' } })
    expect(await upgrade(open.url, { origin })).toBe(101)
    expect((await preflight(open, 'null')).status).toBe(403)
    expect((await query(open, { origin: 'null' })).status).toBe(403)
    expect(await upgrade(open.url, { origin: 'null' })).toBe(403)
  })
})

describe('a page of this server', () => {
  test('may call by any name of it, and of its publicUrl behind a proxy that keeps its own name', async () => {
    const { port } = new URL(strict.url)
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`]) {
      expect(await query(listing, { host, origin: `http://${host}` })).toMatchObject({ status: 200 })
    }
    expect(await query(strict, { origin: 'https://queues.example' })).toMatchObject({ status: 200 })
    expect(await query(strict, { origin: 'https://queues.example', host: 'queues.example' })).toMatchObject({
      status: 200,
    })
    // Whoever is between the browser and the proxy can make a page of the name without TLS.
    expect(await query(strict, { origin: 'http://queues.example', host: 'queues.example' })).toMatchObject({
      status: 403,
    })
  })

  test('is known by what a trusted proxy says of the way to it', async () => {
    const forwarded = { 'x-forwarded-host': 'queues.example', 'x-forwarded-proto': 'https' }
    const origin = 'https://queues.example'
    expect(await query(behindProxy, { ...forwarded, origin })).toMatchObject({ status: 200 })
    expect(await upgrade(behindProxy.url, { ...forwarded, origin })).toBe(101)
    expect(await query(behindProxy, { ...forwarded, origin: 'http://queues.example' })).toMatchObject({
      status: 403,
    })
    expect(
      await query(behindProxy, { ...forwarded, origin, 'x-forwarded-proto': 'https, http' }),
    ).toMatchObject({
      status: 403,
    })
    const evil = { 'x-forwarded-host': 'evil.example', origin: 'https://evil.example' }
    expect(await query(behindProxy, { ...forwarded, ...evil })).toMatchObject({ status: 403 })
    // A page whose name was made to mean this server can add what headers it likes.
    const rebound = { host: 'evil.example', 'x-forwarded-host': 'queues.example' }
    expect(await query(behindProxy, { ...forwarded, ...rebound })).toMatchObject({ status: 403 })
  })
})

describe('a request without Origin', () => {
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  const get = (headers: Record<string, string>, method = 'GET') =>
    sendBytes(`${strict.url}?query={__typename}`, {
      method,
      headers: { accept: 'text/html', ...headers },
      body: '',
    })

  test('that follows a link of another site gets GraphiQL, which runs nothing by itself', async () => {
    const answer = await get(link)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toContain('text/html')
  })

  test.each<[string, Record<string, string>]>([
    ['in a frame', { ...link, 'sec-fetch-dest': 'iframe' }],
    [
      'of an image',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    ],
    ['of a script of a page beside this one', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
    ['that says no more than that', { 'sec-fetch-site': 'cross-site' }],
  ])('%s is refused when another site makes it', async (_, headers) => {
    expect((await get(headers)).status).toBe(403)
  })

  test('that sends a form of another site is refused', async () => {
    expect((await get(link, 'POST')).status).toBe(403)
  })
})
