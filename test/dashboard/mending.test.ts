import type pg from 'pg'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GuardedServer, startGuardedServer } from '../security/guarded-server.ts'
import { hasChromium } from '../support/chromium.ts'
import { until } from '../support/deadline.ts'
import { expectAccessible, Visitors } from './visits.ts'
import { hostile, makeWorld } from './world.ts'

let visitors: Visitors
let server: GuardedServer
let client: pg.Client
beforeAll(async () => {
  if (!hasChromium) return
  visitors = await Visitors.welcome()
  server = await startGuardedServer()
  server.admit('reader', ['read'])
  client = await server.fixture.connect()
  await makeWorld((query, variables) => server.done('root', query, variables), server.fixture)
  await makePast()
})
afterAll(async () => {
  await client?.end()
  await visitors?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

const visit = (path: string, token: string | null = 'root') =>
  visitors.visit(new URL(path, server.url), token)

/** Gives `emails` a tick every 5 s of the last hour, with waves of events, and its consumer samples of the same time. */
async function makePast(): Promise<void> {
  await client.query(`
    with queue as (select queue_id from pgq.queue where queue_name = 'emails'),
      waves as (select n, sum((150 * (1 + sin(n / 48.0)))::int8) over (order by n desc) as later from generate_series(1, 719) n)
    insert into pgq.tick (tick_queue, tick_id, tick_time, tick_event_seq)
    select queue_id, -720 + n, now() - make_interval(secs => 3600 - 5 * n), 1 - later from queue, waves`)
  const { rows } = await client.query<{ key: string }>(`
    select sub_queue || ' ' || sub_consumer as key from pgq.subscription
      join pgq.queue on queue_id = sub_queue join pgq.consumer on co_id = sub_consumer
     where queue_name = 'emails' and co_name = 'mailer'`)
  for (let age = 3_600; age > 0; age -= 15) {
    const pending = 5_000 + Math.round(4_000 * Math.sin(age / 400)) + 4 * age
    server.database.consumerHistory.add(
      Date.now() - 1_000 * age,
      rows.map(({ key }) => ({
        key,
        lagSeconds: 1,
        oldestPendingSeconds: pending / 50,
        pendingEvents: String(pending),
      })),
    )
  }
}

/** Buries events of `emails`, whose reasons count. */
async function bury(firstId: number, count: number, reason: string, type: string | null): Promise<void> {
  await client.query(
    `insert into pgq_gateway.dead_letter (queue_id, consumer_name, reason, ev_id, ev_time, ev_txid, ev_type, ev_data)
     select queue_id, 'mailer', format($3, n), $1::int8 + n - 1, now(), 1, $4, '{}'
       from pgq.queue, generate_series(1, $2::int4) n where queue_name = 'emails'`,
    [firstId, count, reason, type],
  )
}

/** Returns what the page says about a curve. */
const curve = (page: Page, label: string) => page.getByRole('img', { name: `${label} over time` })

describe.runIf(hasChromium)('the dashboard', () => {
  test('draws the last hour of a consumer, and says when it will have caught up', async () => {
    await using visited = await visit('/db/main/queues/emails/consumers/mailer')
    await visited.page
      .getByRole('img', { name: /^Pending events over time: now .*, at most 2\d(\.\d)?K$/ })
      .waitFor()
    await visited.page.getByText(/^caught up in about/).waitFor()
    await expectAccessible(visited, 'consumer-history')
  })

  test('draws the last hour of a queue at once, whatever the clock of the browser', async () => {
    await using visited = await visit('/sign-in')
    const { page } = visited
    await page.clock.setFixedTime(Date.now() + 7 * 3_600_000)
    await page.goto(new URL('/db/main/queues/emails', server.url).href)
    await page.getByRole('img', { name: /^Events per second over time: now .*, at most [5-7]\d$/ }).waitFor()
    await page
      .getByRole('img', { name: /^Slowest consumer behind over time: now .*, at most 7 min/ })
      .waitFor()
    await page.getByText('Event tables', { exact: true }).waitFor()
    const newest = page.locator('section', { hasText: 'Newest ticks' }).locator('time').first()
    const tick = Date.parse((await newest.getAttribute('datetime')) ?? '')
    expect(Math.abs(tick - Date.now())).toBeLessThan(600_000)
    await expectAccessible(visited, 'queue-history')
  })

  test('says who blocks the rotation of a queue, what that holds, and since when', async () => {
    await using visited = await visit('/db/main/queues/payments')
    const blocked = visited.page.getByRole('region', { name: 'Rotation blocked' })
    await blocked.getByText('start it, move it (moveConsumer) or unregister it').waitFor()
    expect(await blocked.innerText()).toMatch(/an event table of \d+ kB, with about 20 events to go/)
    expect(await blocked.innerText()).toMatch(/It was last seen 20\d\d-.* UTC, 3 h.* ago/)
    await expectAccessible(visited, 'queue-blocked')
    await blocked.getByRole('link', { name: 'archiver' }).click()
    await visited.page.getByRole('heading', { name: 'archiver' }).waitFor()
  })

  test('moves a consumer by the keyboard alone, once it has said what that skips', async () => {
    await server.done(
      'root',
      'mutation { registerConsumer(input: { queue: "payments", consumer: "reports", atTick: 1 }) { registered } }',
    )
    await using visited = await visit('/db/main/queues/payments/consumers/reports')
    const { page } = visited
    const position = async () =>
      (
        await server.done(
          'root',
          '{ consumer(queue: "payments", name: "reports") { pendingEvents lastTick } }',
        )
      ).consumer
    await page.getByRole('button', { name: 'Move' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Move reports' }).waitFor()
    await page.getByRole('button', { name: 'What would that do?' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('it skips about 20 events, which it will not be given').waitFor()
    await expectAccessible(visited, 'consumer-move')
    expect(await position()).toMatchObject({ pendingEvents: '20' })
    await page.getByRole('dialog').getByRole('button', { name: 'Move' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText(/^Moved to tick \d+$/).waitFor()
    expect(await position()).toMatchObject({ pendingEvents: '0' })
    await page.getByRole('button', { name: 'Move' }).click()
    await page.getByRole('combobox', { name: 'To' }).selectOption('a tick')
    await page.getByRole('textbox', { name: 'Tick' }).fill('1')
    await page.keyboard.press('Enter')
    await page.getByText('it repeats about 20 events, which it will be given again').waitFor()
    await page.keyboard.press('Escape')
    expect(await position()).toMatchObject({ pendingEvents: '0' })
  })

  test('begins with why events failed, and leads from there to what became of one', async () => {
    await bury(1001, 30, 'order %s is late', 'order.paid')
    await bury(2001, 3, hostile, null)
    await using visited = await visit('/db/main/dead-letters')
    const { page } = visited
    await page.getByRole('link', { name: hostile }).first().waitFor()
    await expectAccessible(visited, 'dead-letters-groups')
    await page.getByRole('link', { name: 'order # is late' }).click()
    await page.getByText('30 dead letters', { exact: true }).waitFor()
    await page.getByText('Only those order # is late of type order.paid.').waitFor()
    await page.getByText('order.paid 1001').click()
    await page.getByRole('link', { name: 'What became of it' }).click()
    await page.getByRole('heading', { name: 'Event 1001' }).waitFor()
    await page.goBack()
    await page.getByRole('checkbox', { name: 'Choose event 1001' }).check()
    await page.getByRole('button', { name: 'Delete 1' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete 1' }).click()
    await page.getByText('29 dead letters', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'All reasons' }).click()
    await page.getByLabel('Text in the reason').fill('order 30')
    await page.keyboard.press('Enter')
    await page.getByText('1 dead letter', { exact: true }).waitFor()
  })

  test('has the gateway delete all of a filter, which goes on without the page and can be stopped', async () => {
    await bury(3001, 5_200, 'no address %s', 'welcome')
    await client.query('begin')
    await client.query(`select from pgq_gateway.dead_letter where reason = 'no address 5200' for update`)
    const address = '/db/main/dead-letters?queue=emails&reason=no%20address%20%23&type=welcome'
    {
      await using visited = await visit(address)
      await visited.page.getByRole('button', { name: 'Delete all' }).click()
      const dialog = visited.page.getByRole('dialog', {
        name: 'Delete these 5,200 dead letters of emails for good?',
      })
      await dialog.getByText('This goes on in the gateway when the page is closed.').waitFor()
      await dialog.getByRole('button', { name: 'Delete all' }).click()
      await visited.page.getByText(/^Deleting dead letters of emails: [\d,]+ of 5,200\.$/).waitFor()
    }
    await using visited = await visit(address)
    const { page } = visited
    await page.getByText(/^Deleting dead letters of emails: [\d,]+ of 5,200\.$/).waitFor()
    await expectAccessible(visited, 'dead-letters-job')
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click()
    await client.query('rollback')
    await page.getByText(/of 5,200 dead letters of emails deleted\./).waitFor()
  })

  test('shows no buttons that settle or move to who may only read', async () => {
    await using visited = await visit('/db/main/dead-letters?queue=emails', 'reader')
    const { page } = visited
    await page.getByText('Oldest first').waitFor()
    const names = () => page.locator('main').getByRole('button').allInnerTexts()
    expect(await names()).not.toContainEqual(expect.stringMatching(/Requeue|Delete|Stop/))
    expect(await page.getByRole('checkbox').count()).toBe(0)
    await page.goto(new URL('/db/main/queues/emails/consumers/mailer', server.url).href)
    await curve(page, 'Pending events').waitFor()
    await until(async () => (await names()).length === 0, 'no buttons')
  })
})
