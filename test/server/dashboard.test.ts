import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type Sent, sendBytes } from '../support/http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ basePath: '/our/queues/' })
})
afterAll(() => server[Symbol.asyncDispose]())

function get(path: string, sent: Partial<Sent> = {}): Promise<Answer> {
  return sendBytes(new URL(path, server.url), { method: 'GET', body: '', ...sent })
}

/** Reads the page, and finds its script by its base, as browsers do. */
async function pageAt(path: string) {
  const url = new URL(path, server.url)
  const page = await fetch(url)
  const text = await page.text()
  const [, base = ''] = /<base href="([^"]*)"/.exec(text) ?? []
  const [, script = ''] = /<script type="module" crossorigin src="([^"]*)"/.exec(text) ?? []
  return { page, text, script: new URL(script, new URL(base, url)) }
}

test.each(['', 'sign-in', 'db/main', 'db/main/queues/a%2Fb/consumers/c'])(
  'the page at %s finds its script below the base path',
  async (path) => {
    const { page, script } = await pageAt(`/our/queues/${path}`)
    expect(page.status).toBe(200)
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(script.pathname).toMatch(/^\/our\/queues\/assets\/index-\S+\.js$/)
  },
)

test('the page runs its own scripts alone, with none and no style in its text', async () => {
  const { page, text } = await pageAt('/our/queues/')
  const policy = String(page.headers.get('content-security-policy'))
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
  expect(policy).not.toContain('unsafe')
  expect(text).not.toMatch(/<script(?![^>]* src=)|<style|javascript:|\son\w+=/)
})

test('browsers keep its files for good, compressed where they take that', async () => {
  const { script } = await pageAt('/our/queues/')
  const plain = await get(script.pathname)
  const gzipped = await get(script.pathname, { headers: { 'accept-encoding': 'gzip' } })
  for (const { status, headers } of [plain, gzipped])
    expect([status, headers['cache-control'], headers.vary]).toEqual([
      200,
      'public, max-age=31536000, immutable',
      'accept-encoding',
    ])
  expect(gzipped.headers['content-encoding']).toBe('gzip')
  expect(Number(gzipped.headers['content-length'])).toBeLessThan(250_000)
})

test.each([
  '/our/queues/assets/../index.html',
  '/our/queues/assets/%2e%2e/index.html',
  '/our/queues/assets/index.js',
])('there is nothing at %s', async (path) => {
  expect((await get(path)).status).toBe(404)
})
