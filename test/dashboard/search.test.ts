import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GuardedServer, startGuardedServer } from '../security/guarded-server.ts'
import { hasChromium } from '../support/chromium.ts'
import { expectAccessible, Visitors } from './visits.ts'
import { hostile } from './world.ts'

const COUNT = 260

let visitors: Visitors
let server: GuardedServer
/** Id of an event that each consumer has come to another end with. */
let traced: string
beforeAll(async () => {
  if (!hasChromium) return
  visitors = await Visitors.welcome()
  server = await startGuardedServer({ ticker: false })
  server.admit('reader', ['read'])
  const client = await server.fixture.connect()
  await client.query(`select pgq.create_queue('orders')`)
  traced = await settleInManyWays(client)
  await client.query(
    `select pgq.insert_event('orders', 'order.paid',
       format('{"n":%s,"customer":{"id":%s}}', n, 9007199254740993 - n), 'eu', null, null, null)
       from generate_series(0, $1) n`,
    [COUNT - 2],
  )
  await client.end()
})
afterAll(async () => {
  await visitors?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

async function settleInManyWays(client: pg.Client): Promise<string> {
  for (const consumer of ['finishes', 'fails', 'retries', 'works', 'sleeps'])
    await client.query(`select pgq.register_consumer('orders', $1)`, [consumer])
  const { rows } = await client.query(`select pgq.insert_event('orders', $1, $1) as id`, [hostile])
  await client.query(`select pgq.force_tick('orders')`)
  await client.query(`select pgq.ticker('orders')`)
  const id = rows[0]?.id
  const openBatch = async (consumer: string) => {
    const opened = await client.query(`select pgq.next_batch('orders', $1) as batch`, [consumer])
    return opened.rows[0]?.batch
  }
  await client.query('select pgq.finish_batch($1)', [await openBatch('finishes')])
  const failing = await openBatch('fails')
  await client.query('select pgq_gateway.fail_events($1, null, array[$2::int8], array[$3])', [
    failing,
    id,
    hostile,
  ])
  await client.query('select pgq.finish_batch($1)', [failing])
  const retrying = await openBatch('retries')
  await client.query('select pgq.event_retry($1, $2::int8, 3600)', [retrying, id])
  await client.query('select pgq.finish_batch($1)', [retrying])
  await openBatch('works')
  return id
}

const log = '/db/main/queues/orders/events'
const visit = (path: string, token = 'root') => visitors.visit(new URL(path, server.url), token)

describe.runIf(hasChromium)('the dashboard', () => {
  test('has nothing that axe finds wrong: search', async () => {
    await using visited = await visit(`${log}?types=order.paid`)
    const { page } = visited
    await page.getByText('100 found').waitFor()
    await page.getByText('"n":255').click()
    await page.getByText('"n": 255').waitFor()
    await expectAccessible(visited, 'search')
  })

  test('has nothing that axe finds wrong: event', async () => {
    await using visited = await visit(`${log}/${traced}`)
    await visited.page.getByText('yet to be opened').waitFor()
    await expectAccessible(visited, 'event')
  })

  test('finds an event by a number in its JSON, with every digit, and has the search in its address', async () => {
    await using visited = await visit(log)
    const { page } = visited
    await page.getByText('100 found').waitFor()
    await page.getByLabel('JSON path').fill('customer.id')
    await page.keyboard.press('Enter')
    await page.getByText('Say what is at the JSON path').waitFor()
    await page.getByLabel('JSON value there').fill('9007199254740993')
    await page.keyboard.press('Enter')
    await page.getByText('1 found, newest first; that is all').waitFor()
    expect(new URL(page.url()).search).toBe('?path=customer.id&equals=9007199254740993')
    await page.reload()
    await page.getByText('1 found, newest first; that is all').waitFor()
    await page.getByText('{"n":0,').click()
    await page.getByText('"id": 9007199254740993').waitFor()
    await page.getByRole('link', { name: 'What became of it' }).click()
    await page.getByText('No tick has come since').waitFor()
  })

  test('finds events by type, text, extra columns and time, and says so where there are none', async () => {
    const year = new Date().getUTCFullYear()
    await using visited = await visit(
      `${log}?types=order.paid,other&text="n":7,&extra1=eu&from=${year - 1}-01-01T00:00`,
    )
    const { page } = visited
    await page.getByText('1 found, newest first; that is all').waitFor()
    await page.getByLabel('Written until').fill(`${year - 1}-02-01T00:00`)
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.getByText('No event meets these conditions').waitFor()
    await page.goBack()
    await page.getByText('1 found, newest first; that is all').waitFor()
    await page.getByRole('link', { name: 'Clear' }).click()
    await page.getByText('100 found').waitFor()
    expect(await page.getByLabel('Types').inputValue()).toBe('')
  })

  test('finds what was published since, when the same is searched again', async () => {
    await using visited = await visit(`${log}?types=late`)
    const { page } = visited
    await page.getByText('No event meets these conditions').waitFor()
    await server.done(
      'root',
      'mutation { insertEvent(input: { queue: "orders", type: "late" }) { eventId } }',
    )
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.getByText('1 found, newest first; that is all').waitFor()
  })

  test('goes on by a button until all was looked at, with a page of it in the document', async () => {
    await using visited = await visit(log)
    const { page } = visited
    for (const count of [100, 200]) {
      await page.getByText(`${count} found, newest first; looked through to`).waitFor()
      await page.getByRole('button', { name: 'Go on' }).first().click()
    }
    await page.getByText(/26\d found, newest first; that is all/).waitFor()
    expect(await page.getByRole('button', { name: 'Go on' }).count()).toBe(0)
    expect(await page.getByRole('listitem').count()).toBeLessThan(100)
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
    await page.getByText(hostile).first().waitFor()
  })

  test('lets go of a search that is stopped, and goes on with it when asked to', async () => {
    await using visited = await visit(log)
    const { page, context } = visited
    await page.getByText('100 found').waitFor()
    let heldCount = 0
    const ended: string[] = []
    const searches = new Set<string>()
    let isHolding = true
    await context.routeWebSocket(/graphql$/, (socket) => {
      const gateway = socket.connectToServer()
      socket.onMessage((text) => {
        const message = JSON.parse(String(text))
        if (isHolding && message.payload?.query?.includes('SearchEvents')) searches.add(message.id)
        if (message.type === 'complete') ended.push(message.id)
        gateway.send(text)
      })
      gateway.onMessage((text) => {
        if (isHolding && searches.has(JSON.parse(String(text)).id)) heldCount++
        else socket.send(text)
      })
    })
    await page.reload()
    await expect.poll(() => heldCount, { timeout: 20_000 }).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('Older ones are yet to be looked at').waitFor()
    await expect.poll(() => ended.some((id) => searches.has(id)), { timeout: 20_000 }).toBe(true)
    isHolding = false
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('100 found').waitFor()
  })

  test('tells what became of an event for each consumer, and shows markup as text', async () => {
    await using visited = await visit(log)
    const { page } = visited
    await page.getByLabel('Event id').fill(traced)
    await page.keyboard.press('Enter')
    const row = (consumer: string) => page.getByRole('row', { name: consumer })
    await row('finishes').getByText('passed').waitFor()
    await row('fails').getByText(hostile).waitFor()
    await row('retries').getByText('Retry 1 brings it back').waitFor()
    await row('works').getByText('in the open batch').waitFor()
    await row('sleeps').getByText('pending').waitFor()
    expect(await page.title()).toBe('pgq-graphql')
    await row('fails').getByRole('link', { name: 'Its dead letters' }).click()
    expect(new URL(page.url()).search).toBe('?queue=orders&consumer=fails')
  })

  test('says that the log does not hold an event, and what of an id is wrong', async () => {
    await using visited = await visit(`${log}/4611686018427387904`, 'reader')
    const { page } = visited
    await page.getByText('The log does not hold this event').waitFor()
    await page.goto(new URL(`${log}/abc`, server.url).href)
    await page.getByRole('alert').waitFor()
  })

  test('searches with the keyboard alone', async () => {
    await using visited = await visit(log)
    const { page } = visited
    await page.getByText('100 found').waitFor()
    await page.getByLabel('Types').focus()
    await page.keyboard.type('order.paid')
    await page.keyboard.press('Tab')
    await page.keyboard.type('"n":25')
    await page.keyboard.press('Enter')
    await page.getByText('10 found').waitFor()
    await page.getByRole('button', { name: 'Search' }).focus()
    for (let n = 0; n < 2; n++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('Copy as').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('curl')
  })
})
