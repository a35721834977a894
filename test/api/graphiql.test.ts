import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { until } from '../support/deadline.ts'
import { requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

let browser: Browser
beforeAll(async () => {
  if (hasChromium) browser = await launchChromium()
})
afterAll(() => browser?.close())

test.runIf(hasChromium)(
  'GraphiQL runs a subscription live, and asks no other host for anything',
  async () => {
    await using server = await startTestServer()
    await requestData(server.url, 'mutation { createQueue(input: { name: "orders" }) { created } }')
    const page = await browser.newPage()
    const elsewhere: string[] = []
    const mishaps: string[] = []
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url())
      if (protocol.startsWith('http') && origin !== new URL(server.url).origin) elsewhere.push(request.url())
    })
    page.on('pageerror', (error) => mishaps.push(String(error)))
    const url = new URL(server.url)
    url.searchParams.set(
      'query',
      'subscription { tail(queue: "orders") { ... on TickBatch { events { type } } } }',
    )
    await page.goto(url.href)
    await page.getByRole('button', { name: /Execute query/i }).click()
    const result = page.locator('.graphiql-response')
    // The subscription may begin after what was published before it.
    await until(async () => {
      await requestData(
        server.url,
        'mutation { insertEvent(input: { queue: "orders", type: "from-the-test" }) { eventId } }',
      )
      await page.waitForTimeout(100)
      return (await result.innerText()).includes('from-the-test')
    }, 'the event on the page')
    expect(elsewhere).toEqual([])
    expect(mishaps).toEqual([])
    await page.close()
  },
)
