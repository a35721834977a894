import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer } from '../../test/support/server.ts'

const executablePath = '/usr/bin/chromium'
const hasChromium = await access(executablePath).then(
  () => true,
  () => false,
)
if (!hasChromium) {
  const message = `${executablePath} is missing: install the Debian package chromium.`
  if (process.env.CI === 'true') throw new Error(message)
  console.warn(`\n!!! ${message}\n!!! The tests of the browser do not run.\n`)
}

let browser: Browser
beforeAll(async () => {
  if (!hasChromium) return
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
})
afterAll(() => browser?.close())

const program = `
import { createClient, PgqClientError, retry } from './index.ts'

const client = createClient({ url: '/graphql' })
await client.createQueue('orders', { tickerMaxLagSeconds: 0.01 })
const lines = []
const consumption = client.consume('orders', { consumer: 'billing' }, {
  event(event) {
    lines.push([event.type, event.json, event.retry])
    if (event.retry === null) return retry(0)
    void consumption.stop()
  },
})
await consumption.ready
await using publisher = client.publisher('orders')
await publisher.publish({ type: 'created', json: { id: 1 } })
await consumption.done
const error = await client.publish('missing', { data: '' }).catch((reason) => reason)
lines.push(error instanceof PgqClientError && error.code)
document.title = JSON.stringify(lines)
`

test.runIf(hasChromium)('the client publishes and consumes in a browser, as a bundle', async () => {
  await using server = await startTestServer()
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL('../src', import.meta.url)) },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    write: false,
  })
  const page = await browser.newPage()
  const mishaps: string[] = []
  page.on('pageerror', (error) => mishaps.push(String(error)))
  const bundle = new URL('/bundle.js', server.url).href
  const address = new URL('/page.html', server.url).href
  await page.route(bundle, (route) =>
    route.fulfill({ contentType: 'text/javascript', body: outputFiles[0]?.text ?? '' }),
  )
  await page.route(address, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<script type="module" src="/bundle.js"></script>' }),
  )
  await page.goto(address)
  await page.waitForFunction('document.title !== ""', undefined, { timeout: 15_000 }).catch(() => {})
  expect(mishaps).toEqual([])
  expect(JSON.parse(await page.title())).toEqual([
    ['created', { id: 1 }, null],
    ['created', { id: 1 }, 1],
    'QUEUE_NOT_FOUND',
  ])
  await page.close()
})
