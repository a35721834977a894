import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { until } from '../support/deadline.ts'
import { type Answer, type Sent, sendBytes } from '../support/http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({
    cors: { origins: ['https://app.example'] },
    limits: { maxRequestBytes: 1_000 },
  })
})
afterAll(() => server[Symbol.asyncDispose]())

function send(path: string, sent: Partial<Sent>): Promise<Answer> {
  return sendBytes(new URL(path, server.url), { body: '', ...sent })
}

const json = { 'content-type': 'application/json' }
const query = '{"query":"{__typename}"}'
const invalid = '{"query":"{nothing}"}'
const get = { method: 'GET' }
const events = { accept: 'text/event-stream' }

const answers: [string, number, string, Partial<Sent>][] = [
  ['an answer', 200, '/graphql', { headers: json, body: query }],
  ['an answer as a stream', 200, '/graphql', { headers: { ...json, ...events }, body: query }],
  [
    'a refused document',
    400,
    '/graphql',
    { headers: { ...json, accept: 'application/graphql-response+json' }, body: invalid },
  ],
  ['an answer to a GET', 200, '/graphql?query={__typename}', { ...get, headers: { accept: '*/*;q=0.5' } }],
  ['a stream for a GET', 200, '/graphql?query={__typename}', { ...get, headers: events }],
  ['a body that is too large', 413, '/graphql', { headers: json, body: ' '.repeat(2_000) }],
  ['another method', 405, '/graphql', { method: 'PUT', headers: json, body: query }],
  ['another type', 415, '/graphql', { headers: { 'content-type': 'text/plain' }, body: query }],
  ['a preflight', 204, '/graphql', { method: 'OPTIONS', headers: { origin: 'https://app.example' } }],
  ['a refused page', 403, '/graphql', { headers: { ...json, origin: 'https://evil.example' }, body: query }],
  ['no file of the dashboard', 404, '/assets/none.js', get],
  ['nothing', 404, '/nothing', get],
  ['health', 200, '/health/live', get],
  ['readiness', 200, '/health/ready', get],
]

test.each(answers)(
  '%s (%i) keeps browsers from making anything of it but data',
  async (_, status, path, sent) => {
    const answer = await send(path, sent)
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(answer.headers).not.toHaveProperty('strict-transport-security')
  },
)

test('so does a subscription', async () => {
  const leaving = new AbortController()
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { ...json, ...events },
    body: JSON.stringify({ query: 'subscription { ticks { __typename } }' }),
    signal: leaving.signal,
  })
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  leaving.abort()
})

test('browsers are told to use TLS alone where publicUrl has it, but not for localhost', async () => {
  await using encrypted = await startTestServer({ publicUrl: 'https://queues.example' })
  const ask = (host: string) => sendBytes(encrypted.url, { headers: { ...json, host }, body: query })
  const header = 'strict-transport-security'
  expect((await ask('queues.example')).headers).toHaveProperty(header, 'max-age=31536000')
  expect((await ask('localhost:4000')).headers).not.toHaveProperty(header)
})

describe('the page of GraphiQL', () => {
  const page = { ...get, headers: { accept: 'text/html' } }

  test('has a policy that lets it run its own scripts and no others, in no frame', async () => {
    const { headers } = await send('/graphql', page)
    const policy = String(headers['content-security-policy'])
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-\S{44}' 'sha256-\S{44}'; /)
    expect(policy).toContain("connect-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/script-src[^;]*'unsafe/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    const again = await send('/graphql', {
      ...get,
      headers: { ...page.headers, 'if-none-match': String(headers.etag) },
    })
    expect([again.status, again.headers['content-security-policy']]).toEqual([304, policy])
  })

  test.runIf(hasChromium)(
    'does all its work under that policy, and runs no script that is put into it',
    async () => {
      const browser = await launchChromium()
      try {
        const tab = await browser.newPage()
        const complaints: string[] = []
        tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
        await tab.goto(`${server.url}?query=${encodeURIComponent('{ __typename }')}`)
        await tab.getByRole('button', { name: /Execute query/i }).click()
        await until(
          async () => (await tab.locator('.graphiql-response').innerText()).includes('"Query"'),
          'the answer on the page',
        )
        // The editor completes, and marks what is wrong, in its workers.
        await tab.locator('.graphiql-query-editor .view-lines').click()
        await tab.keyboard.press('End')
        await tab.keyboard.type(' { nope')
        await tab.locator('.squiggly-error').first().waitFor()
        expect(complaints).toEqual([])
        const ran = await tab.evaluate(() => {
          const script = document.createElement('script')
          script.textContent = 'window.isTaken = true'
          document.head.append(script)
          return 'isTaken' in window
        })
        expect(ran).toBe(false)
      } finally {
        await browser.close()
      }
    },
  )
})
