import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { until } from '../support/deadline.ts'
import { requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

interface StoredTabs {
  tabs: { query: string | null }[]
}

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

test.runIf(hasChromium)('a second visit of GraphiQL goes on with the tabs of the first', async () => {
  await using server = await startTestServer()
  const context = await browser.newContext()
  const visit = async () => {
    const page = await context.newPage()
    await page.goto(server.url)
    await page.getByRole('tab').first().waitFor()
    return page
  }
  const tabsOf = (page: Page) => page.getByRole('tab').allInnerTexts()
  const stored = (page: Page) =>
    page.evaluate(() => JSON.parse(localStorage.getItem('graphiql:tabState') ?? 'null') as StoredTabs | null)

  const first = await visit()
  await until(async () => (await stored(first)) !== null, 'the stored tabs')
  expect(await tabsOf(first)).toEqual(['Queues'])
  await first.close()

  const second = await visit()
  expect(await tabsOf(second)).toEqual(['Queues'])
  await second.getByRole('button', { name: 'New tab' }).click()
  await second.locator('.graphiql-query-editor .view-lines').click()
  await second.keyboard.type('query Mine { __typename ')
  await until(async () => {
    const { tabs = [] } = (await stored(second)) ?? {}
    return tabs.some(({ query }) => query?.includes('__typename'))
  }, 'the stored tab')
  await second.close()

  const third = await visit()
  expect(await tabsOf(third)).toEqual(['Queues', 'Mine'])
  expect(await third.locator('.graphiql-query-editor').innerText()).toMatch(/query\sMine/)
  await context.close()
})

test.runIf(hasChromium)('GraphiQL shows the name, logo and icon of this project', async () => {
  await using server = await startTestServer()
  const page = await browser.newPage()
  await page.goto(server.url)
  expect(await page.title()).toBe('pgq-graphql')
  const logo = page.locator('.graphiql-logo')
  expect(await logo.innerText()).toBe('pgq-graphql')
  const image = await logo.locator('svg').evaluate((element) => element.outerHTML.length)
  const icon = await page.locator('link[rel=icon]').getAttribute('href')
  expect(decodeURIComponent(icon ?? '')).toMatch(/^data:image\/svg\+xml,<svg /)
  // Each is drawn here, and small; the icon that the page would have without has 100 kB.
  expect(Math.max(image, icon?.length ?? 0)).toBeLessThan(2_000)
  await page.close()
})

test('the schema says what it is for', async () => {
  await using server = await startTestServer()
  const { __schema } = await requestData(server.url, '{ __schema { description } }')
  expect(__schema.description).toContain('The queues of PgQ')
})
