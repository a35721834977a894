import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { build, preview } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anybody } from '../../src/caller.ts'
import { PgqError } from '../../src/errors.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { startTestServer } from '../support/server.ts'
import { createProject, type Project, timeoutMs } from './project.ts'

/** Program of the page; the query of its address chooses the transport. Its first token is refused. */
const program = `
import { createClient, PgqClientError, retry, webSocket } from '@pgq-graphql/client'

const transport = location.search === '?webSocket' ? webSocket() : undefined
let tokens = 0
const client = createClient({ url: '/graphql', transport, token: () => (tokens++ === 0 ? 'old' : 'new') })
await client.createQueue('orders', { tickerMaxLagSeconds: 0.01 })
const lines: unknown[] = []
const consumption = client.consume('orders', { consumer: 'billing' }, {
  event(event) {
    lines.push([event.type, event.json, event.retry])
    if (event.retry === null) return retry(0)
    void consumption.stop()
    return undefined
  },
})
await consumption.ready
const publisher = client.publisher('orders')
await publisher.publish({ type: 'created', json: { id: 1 } })
await consumption.done
const error = await client.publish('missing', { data: '' }).catch((reason: unknown) => reason)
lines.push(error instanceof PgqClientError && error.code)
document.title = JSON.stringify(lines)
`

let project: Project
let browser: Browser

/** Builds a front end with the client's tarball by Vite. */
beforeAll(async () => {
  if (!hasChromium) return
  browser = await launchChromium()
  project = await createProject(['client'], { 'main.ts': program }, ['--offline'])
  const page = '<!doctype html><script type="module" src="/src/main.ts"></script>'
  await writeFile(join(project.path, 'index.html'), page)
  await build({ root: project.path, configFile: false, logLevel: 'warn' })
}, timeoutMs)

afterAll(async () => {
  await browser?.close()
  await project?.[Symbol.asyncDispose]()
})

/**
 * Serves what Vite built by Vite's own server, which forwards the API. Playwright's routing would not do: Chromium
 * forbids a page that came from no server to open a WebSocket to this machine.
 */
async function serveApp(api: string) {
  const proxy = { '/graphql': { target: new URL(api).origin, ws: true } }
  const app = await preview({
    root: project.path,
    configFile: false,
    logLevel: 'warn',
    preview: { host: '127.0.0.1', port: 0, proxy },
  })
  const url = app.resolvedUrls?.local[0] ?? ''
  return { url, [Symbol.asyncDispose]: () => app.close() }
}

test.runIf(hasChromium).each([
  { name: 'HTTP and SSE', query: '' },
  { name: 'WebSocket', query: '?webSocket' },
])(
  'the packed client publishes and consumes in a browser over $name, as Vite bundles it',
  async ({ query }) => {
    await using server = await startTestServer({
      authenticate({ headers }, params) {
        if ((params?.authorization ?? headers.authorization) === 'Bearer new') return anybody
        throw new PgqError('UNAUTHENTICATED', 'Send a new token')
      },
    })
    await using app = await serveApp(server.url)
    const page = await browser.newPage()
    const mishaps: string[] = []
    const posts: string[] = []
    const sockets: string[] = []
    page.on('pageerror', (error) => mishaps.push(String(error)))
    page.on('request', (request) => {
      if (request.method() === 'POST') posts.push(request.url())
    })
    page.on('websocket', (socket) => sockets.push(socket.url()))
    await page.goto(`${app.url}${query}`)
    await page.waitForFunction('document.title !== ""', undefined, { timeout: 15_000 }).catch(() => {})
    expect(mishaps).toEqual([])
    expect(JSON.parse(await page.title())).toEqual([
      ['created', { id: 1 }, null],
      ['created', { id: 1 }, 1],
      'QUEUE_NOT_FOUND',
    ])
    if (query === '') expect(sockets).toEqual([])
    else {
      expect(posts).toEqual([])
      const socket = `${app.url.replace('http', 'ws')}graphql`
      expect(sockets).toEqual([socket, socket])
    }
    await page.close()
  },
)
