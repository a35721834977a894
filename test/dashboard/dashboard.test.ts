import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Credentials } from '../../src/access/credentials.ts'
import { type GuardedServer, startGuardedServer } from '../security/guarded-server.ts'
import { hasChromium } from '../support/chromium.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'
import { expectAccessible, Visitors } from './visits.ts'
import { hostile, makeWorld } from './world.ts'

let visitors: Visitors
let server: GuardedServer
beforeAll(async () => {
  if (!hasChromium) return
  visitors = await Visitors.welcome()
  server = await startGuardedServer()
  server.admit('reader', ['read'])
  await makeWorld((query, variables) => server.done('root', query, variables), server.fixture)
})
afterAll(async () => {
  await visitors?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

/** Opens a view as somebody who has signed in. */
const visit = (path: string, token: string | null = 'root') =>
  visitors.visit(new URL(path, server.url), token)

const publish = (queue: string, type: string, data = '{}') =>
  server.done('root', 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }', {
    input: { queue, type, data },
  })

const views = {
  queues: ['/db/main', 'Rotation blocked.'],
  queue: ['/db/main/queues/orders', 'Newest ticks'],
  consumer: ['/db/main/queues/payments/consumers/archiver', 'Position, tick'],
  'dead-letters': ['/db/main/dead-letters', 'Look again'],
  tail: ['/db/main/queues/payments/tail', 'newest first'],
  doctor: ['/db/main/doctor', 'What was looked for'],
  'sign-in': ['/sign-in', 'Token or key'],
} as const

describe.runIf(hasChromium)('the dashboard', () => {
  test.each(Object.entries(views))('has nothing that axe finds wrong: %s', async (name, [path, words]) => {
    await using visited = await visit(path)
    await visited.page.getByText(words).first().waitFor()
    await expectAccessible(visited, name)
  })

  test('shows an event within a second of its publishing, on a page that is open', async () => {
    await using visited = await visit('/db/main/queues/orders/tail')
    const { page } = visited
    await page.getByText('newest first').waitFor()
    const delays: number[] = []
    // A busy machine may take longer now and then.
    await until(
      async () => {
        const id = String(delays.length + 1)
        await publish('orders', 'order.paid', `{"id":${id}}`)
        const start = performance.now()
        await page.getByText(`{"id":${id}}`).waitFor()
        delays.push(performance.now() - start)
        return Math.min(...delays) < 1_000
      },
      'an event within a second',
      { timeoutMs: 30_000, describe: () => delays.join() },
    )
  })

  test('publishes by the form that a schema makes, with every digit', async () => {
    await using visited = await visit('/db/main/queues/orders')
    const { page } = visited
    await page.getByLabel('id *').fill('9007199254740993')
    await page.getByLabel('currency').selectOption('EUR')
    await page.getByRole('button', { name: 'Publish event' }).click()
    await page.getByText(/Published as event \d+/).waitFor()
    await page.getByRole('link', { name: 'Live tail' }).click()
    await page.getByText('{"id":9007199254740993,"currency":"EUR"}').click()
    await page.getByText('"id": 9007199254740993,').waitFor()
  })

  test('asks once before it drops a queue, and says on other pages that it is gone', async () => {
    await server.done('root', 'mutation { createQueue(input: { name: "passing" }) { created } }')
    await using actor = await visit('/db/main/queues/passing')
    await using watcher = await visit('/db/main/queues/passing')
    await watcher.page.getByText('Events per second').first().waitFor()
    await actor.page.getByRole('button', { name: 'Drop queue' }).click()
    const dialog = actor.page.getByRole('dialog', { name: 'Drop passing for good?' })
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await actor.page.getByRole('button', { name: 'Drop queue' }).click()
    await dialog.getByRole('button', { name: 'Drop queue' }).click()
    await actor.page.getByRole('heading', { name: 'Queues' }).waitFor()
    await watcher.page.getByText('This queue is gone').waitFor()
  })

  test('shows markup in names, reasons and data as text, and requeues dead letters', async () => {
    await using visited = await visit(`/db/main/dead-letters?${new URLSearchParams({ queue: hostile })}`)
    const { page } = visited
    await page.getByText(hostile).nth(2).waitFor()
    await page.getByRole('button', { name: 'Requeue all' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Requeue all' }).click()
    await page.getByText('There are no dead letters').waitFor()
    expect(await page.title()).toBe('pgq-graphql')
    expect(await page.locator('img:not([alt=""])').count()).toBe(0)
  })

  test('leads from blocked rotation by the doctor to the consumer that blocks it, and mends that', async () => {
    await using visited = await visit('/db/main')
    const { page } = visited
    await page.getByRole('link', { name: 'What mends it' }).first().click()
    const finding = page.getByRole('article', { name: 'consumer archiver of payments' })
    await finding.getByText(/^It keeps the tables of payments from rotating: last seen 3 h/).waitFor()
    await finding.getByText("select pgq_gateway.unregister_consumer('payments', 'archiver');").waitFor()
    await finding.getByRole('link', { name: 'Open archiver' }).click()
    await page.getByRole('button', { name: 'Unregister' }).click()
    const dialog = page.getByRole('dialog', { name: 'Unregister archiver from payments?' })
    await dialog.getByRole('button', { name: 'Unregister' }).click()
    await page.getByText('Nobody consumes this queue').waitFor()
    await page.getByRole('link', { name: 'Queues', exact: true }).click()
    await page.getByText('4 in main').waitFor()
    await until(
      async () => (await page.getByText('rotation blocked').count()) === 0,
      'the end of the warning',
    )
  })

  test('shows no buttons to who may only read', async () => {
    await using visited = await visit('/db/main/queues/orders', 'reader')
    const { page } = visited
    await page.getByText('Newest ticks').waitFor()
    await page.getByRole('rowheader', { name: 'billing' }).waitFor()
    expect(await page.locator('main').getByRole('button').count()).toBe(0)
    expect(await page.locator('main').getByRole('textbox').count()).toBe(0)
  })

  test('puts what mends a finding into the clipboard, and shows what was looked for', async () => {
    await server.done('root', 'mutation { pauseTicker(input: { queue: "emails" }) { queue { name } } }')
    await using visited = await visit('/db/main/doctor')
    const { page, context } = visited
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const finding = page.getByRole('article', { name: 'queue emails' })
    await finding.getByRole('button', { name: 'Copy SQL' }).click()
    await finding.getByText('Copied').waitFor()
    const client = await server.fixture.connect()
    await client.query(await page.evaluate(() => navigator.clipboard.readText()))
    await client.end()
    await page.getByRole('button', { name: 'Look again' }).click()
    await finding.waitFor({ state: 'detached' })
    await page.getByText('No queue is paused: yes').waitFor()
  })

  test('shows what the doctor finds to nobody who may only read', async () => {
    await using visited = await visit('/db/main/doctor', 'reader')
    const { page } = visited
    await page.getByText('You may not ask the doctor').waitFor()
    expect(await page.getByRole('link', { name: 'Doctor' }).count()).toBe(0)
    expect(await page.locator('main').getByRole('button').count()).toBe(0)
  })

  test('asks who holds a token that ends to sign in, and comes back', async () => {
    const credentials = new Credentials()
    server.admit('guest', ['stats'], { credentials })
    await using visited = await visit('/db/main?sort=rate', 'guest')
    const { page } = visited
    await page.getByText('4 in main').waitFor()
    credentials.revoke()
    await page.getByLabel('Token or key').waitFor()
    await page.getByLabel('Token or key').fill('nobody')
    await page.keyboard.press('Enter')
    await page.getByText('does not know this token or key').waitFor()
    await page.getByLabel('Token or key').fill('root')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'New queue' }).waitFor()
    expect(new URL(page.url()).search).toBe('?sort=rate')
  })

  test('goes on by itself when the server is back', async () => {
    await using fixture = await createTestDatabase()
    const first = await startTestServer({ fixture })
    const port = Number(new URL(first.url).port)
    await requestData(first.url, 'mutation { createQueue(input: { name: "before" }) { created } }')
    await using visited = await visit(new URL('/', first.url).href, null)
    const { page } = visited
    await page.getByRole('link', { name: 'before' }).waitFor()
    await first[Symbol.asyncDispose]()
    await page.getByText('Reconnecting…').waitFor()
    await using second = await startTestServer({ fixture, port })
    await requestData(second.url, 'mutation { createQueue(input: { name: "after" }) { created } }')
    await page.getByRole('link', { name: 'after' }).waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
  })

  test('scrolls, sorts and filters 10,000 queues with a page of them in the document', async () => {
    await using fixture = await createTestDatabase()
    await using many = await startTestServer({ fixture, ticker: false })
    const client = await fixture.connect()
    // Queues without tables of their own take a second; with them, minutes.
    await client.query('alter table pgq.queue drop constraint queue_own_parts')
    await client.query(`insert into pgq.queue (queue_name, queue_data_pfx, queue_event_seq, queue_tick_seq)
      select 'queue-' || lpad(n::text, 5, '0'), 'pgq.event_' || n, 'pgq.queue_queue_id_seq', 'pgq.queue_queue_id_seq'
        from generate_series(1, 10000) n`)
    await client.end()
    await using visited = await visit(new URL('/db/main', many.url).href, null)
    const { page } = visited
    await page.getByText('10,000 in main').waitFor({ timeout: 60_000 })
    expect(await page.getByRole('row').count()).toBeLessThan(100)
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
    await page.getByRole('link', { name: 'queue-10000' }).waitFor()
    await page.getByLabel('Filter queues by name').fill('queue-07777')
    await page.getByRole('link', { name: 'queue-07777' }).waitFor()
    expect(await page.getByRole('row').count()).toBe(2)
  })
})
