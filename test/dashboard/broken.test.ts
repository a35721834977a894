import type pg from 'pg'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPgqServer, type PgqServer } from '../../src/server/server.ts'
import { hasChromium } from '../support/chromium.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { testLogger } from '../support/logger.ts'
import { type SetUpName, setUpNames, setUps } from './broken/set-ups.ts'
import { Visitors } from './visits.ts'

let visitors: Visitors
let server: PgqServer
let url: string
const databases = new Map<SetUpName, TestDatabase>()
const sessions: pg.Client[] = []
beforeAll(async () => {
  if (!hasChromium) return
  visitors = await Visitors.welcome()
  for (const name of setUpNames) {
    const database = await createTestDatabase()
    databases.set(name, database)
    await setUps[name](() => connect(database))
  }
  server = createPgqServer({
    host: '127.0.0.1',
    port: 0,
    logger: testLogger(),
    databases: [...databases].map(([name, { url: connectionString }]) => ({ name, connectionString })),
  })
  url = (await server.listen()).url
  for (const name of setUpNames) await server.gateway.databases.get(name).ready()
})
afterAll(async () => {
  await visitors?.[Symbol.asyncDispose]()
  await server?.close()
  await Promise.allSettled(sessions.map((session) => session.end()))
  for (const database of databases.values()) await database[Symbol.asyncDispose]()
})

async function connect(database: TestDatabase): Promise<pg.Client> {
  const client = await database.connect()
  sessions.push(client)
  return client
}

/** Begins where people do, with a database in which queue `orders` is not drained. */
const visit = (name: SetUpName) => visitors.visit(new URL(`/db/${name}`, url), null)

/** Does with SQL what the page shows. */
async function inSql(name: SetUpName, sql: string, values: unknown[] = []): Promise<pg.QueryResultRow[]> {
  const database = databases.get(name)
  if (!database) throw new Error(`there is no database ${name}`)
  return (await (await connect(database)).query(sql, values)).rows
}

const concern = (page: Page, words: string | RegExp) =>
  page.getByRole('region', { name: 'Needs attention' }).getByRole('listitem').filter({ hasText: words })

const confirm = (page: Page, label: string | RegExp) =>
  page.getByRole('dialog').getByRole('button', { name: label }).click()

describe.runIf(hasChromium)('the page alone tells why a queue is not drained, and what mends it', () => {
  test('where a consumer has stopped with a batch open', async () => {
    await using visited = await visit('stopped')
    const { page } = visited
    const behind = concern(page, /behind.*billing on orders.*it has had a batch open for 2 h/)
    await behind.getByRole('link', { name: 'billing' }).click()
    await page.getByRole('heading', { name: 'Open batch' }).waitFor()
    await page.goBack()
    await behind.getByRole('link', { name: 'What mends it' }).click()
    const finding = page.getByRole('article', { name: 'consumer billing of orders' })
    await finding.getByText(/it gets batch \d+ again/).waitFor()
    await finding.getByRole('link', { name: 'Open billing' }).click()
    // What the page says is done: the consumer starts again, and finishes what it is given.
    await until(async () => {
      const [opened] = await inSql('stopped', `select pgq.next_batch('orders', 'billing') as batch`)
      if (opened?.batch !== null) await inSql('stopped', 'select pgq.finish_batch($1)', [opened?.batch])
      return opened?.batch === null
    }, 'the end of what billing gets')
    await page.getByText('Nothing waits').waitFor()
  })

  test('where nobody has started a consumer', async () => {
    await using visited = await visit('forgotten')
    const { page } = visited
    const behind = concern(
      page,
      /behind.*newsletter on orders, with about 2\d events to go; it was last seen 3 d/,
    )
    await behind.getByRole('link', { name: 'newsletter' }).click()
    await page.getByRole('button', { name: 'Unregister' }).click()
    await confirm(page, 'Unregister')
    await page.getByText('Nobody consumes this queue').waitFor()
  })

  test('where its ticker is paused', async () => {
    await using visited = await visit('paused')
    const { page } = visited
    const paused = concern(page, 'Nobody gets events of orders until its ticker is resumed')
    await paused.getByRole('link', { name: 'What mends it' }).click()
    const finding = page.getByRole('article', { name: 'queue orders' })
    await finding.getByText('Its ticker is paused').waitFor()
    await finding.getByRole('link', { name: 'Open orders' }).click()
    await page.getByRole('button', { name: 'Resume ticker' }).click()
    await confirm(page, 'Resume ticker')
    await page.getByRole('button', { name: 'Pause ticker' }).waitFor()
    await until(async () => {
      const [row] = await inSql('paused', `select pgq.next_batch('orders', 'billing') as batch`)
      return row?.batch !== null
    }, 'a batch for billing')
  })

  test('where a transaction keeps its tables from rotating', async () => {
    await using visited = await visit('held')
    const { page } = visited
    const blocked = concern(page, /Rotation blocked.*orders does not rotate.*It is process \d+ .*migration/)
    await blocked.getByRole('link', { name: 'What mends it' }).click()
    const finding = page.getByRole('article', { name: /^session \d+/ }).filter({ hasText: 'migration' })
    await finding.getByText('Have the program end it').waitFor()
    await inSql('held', await finding.locator('pre').innerText())
    await until(async () => {
      await page.getByRole('button', { name: 'Look again' }).click()
      return (await finding.count()) === 0
    }, 'the end of the transaction')
  })

  test('where its consumer fails', async () => {
    await using visited = await visit('failing')
    const { page } = visited
    const failed = concern(page, 'Consumers of orders have given up on 6 events')
    await failed.getByRole('link', { name: 'Read why' }).click()
    await page
      .getByText(/mail server answers 421/)
      .first()
      .waitFor()
    await page
      .getByRole('button', { name: /^Requeue all/ })
      .first()
      .click()
    await confirm(page, /^Requeue/)
    await page.getByText('There are no dead letters').waitFor()
    const [row] = await inSql('failing', 'select count(*)::int4 as count from pgq_gateway.dead_letter_info')
    expect(row).toEqual({ count: 0 })
  })
})
