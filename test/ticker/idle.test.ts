import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LiveDatabase } from '../../src/database/live-database.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'

/** Longer than anything that counts as traffic keeps a ticker awake. */
const QUIET_AFTER_MS = 10_500
/** More commits per second than a quiet database has, and fewer than one that is looked at each 50 ms. */
const AWAKE_RATE = 5

const fixtures: TestDatabase[] = []
const lives: LiveDatabase[] = []
let elsewhere: pg.Client

beforeAll(async () => {
  fixtures.push(...(await Promise.all(Array.from({ length: 8 }, () => createTestDatabase()))))
  for (const fixture of fixtures) {
    const client = await fixture.connect()
    await client.query(`select pgq.create_queue('q' || n) from generate_series(1, 5) n`)
    await client.query(`update pgq.queue set queue_ticker_max_lag = '50 ms'`)
    await client.end()
    lives.push(await fixture.open({ ticker: true }))
  }
  // What this one asks is not counted.
  elsewhere = new pg.Client({ connectionString: fixtures[0]?.url.replace(/[^/]+$/, 'postgres') })
  await elsewhere.connect()
  await until(() => lives.every((live) => live.ticker?.isLeading && live.feed.isLive), 'all tickers')
  await new Promise((resolve) => setTimeout(resolve, QUIET_AFTER_MS))
}, 60_000)

afterAll(async () => {
  await Promise.all(lives.map((live) => live.close()))
  await elsewhere.end()
  await Promise.all(fixtures.map((fixture) => fixture[Symbol.asyncDispose]()))
})

async function commits(): Promise<number[]> {
  const { rows } = await elsewhere.query<{ count: number }>(
    `select xact_commit::int as count
       from unnest($1::text[]) with ordinality as given (name, place) join pg_stat_database on datname = name
      order by place`,
    [fixtures.map((fixture) => fixture.name)],
  )
  return rows.map((row) => row.count)
}

/** Counts the commits per second of each database. The server's counts are up to a second late. */
async function ratesOver(ms: number): Promise<number[]> {
  const startedMs = performance.now()
  const before = await commits()
  await new Promise((resolve) => setTimeout(resolve, ms))
  const after = await commits()
  const seconds = (performance.now() - startedMs) / 1_000
  return after.map((count, n) => (count - (before[n] ?? 0)) / seconds)
}

test('an idle database costs two connections and at most two statements a second', async () => {
  let mean = Number.NaN
  const isCheap = async () => {
    const rates = await ratesOver(3_000)
    mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
    return mean <= 2
  }
  // What was done before may be counted late.
  await until(isCheap, 'few statements', { timeoutMs: 40_000, describe: () => `(${mean} per second)` })
  expect(mean).toBeGreaterThan(0.5)
  let connections: number | undefined
  const areFew = async () => {
    const { rows } = await elsewhere.query<{ count: number }>(
      'select count(*)::int as count from pg_stat_activity where datname = any ($1)',
      [fixtures.map((fixture) => fixture.name)],
    )
    connections = rows[0]?.count
    return connections === 2 * fixtures.length
  }
  await until(areFew, 'two connections each', { timeoutMs: 30_000, describe: () => `(${connections})` })
}, 90_000)

test('an idle database is looked at often where somebody waits, here or at another gateway, or after an event', async () => {
  const [, remote, fed] = fixtures as [TestDatabase, TestDatabase, TestDatabase]
  const hints = lives[0]?.feed.subscribe('q1')
  const other = await remote.open({ ticker: false })
  const client = await fed.connect()
  try {
    await until(() => other.feed.isLive, 'another gateway')
    const remoteHints = other.feed.subscribe(null)
    // Found by a look, since nobody told of it.
    await client.query('listen pgq_tick')
    const ticked = new Promise((resolve) => client.once('notification', resolve))
    const insert = () => client.query(`select pgq.insert_event('q1', 't', 'plain')`)
    await insert()
    await ticked
    const { rows } = await elsewhere.query(
      `select application_name from pg_stat_activity where datname = $1 and application_name like '%/tick'`,
      [fed.name],
    )
    // A little traffic needs no connection more.
    expect(rows).toEqual([])
    // The counts of the looks follow within a second or so.
    let rates: number[] = []
    const areAwake = async () => {
      await insert()
      rates = await ratesOver(1_500)
      return rates.slice(0, 3).every((rate) => rate > AWAKE_RATE)
    }
    const describe = () => JSON.stringify(rates)
    await until(areAwake, 'three databases that are looked at often', { timeoutMs: 20_000, describe })
    // What one of them did before may be counted late.
    const quiet = rates.slice(3)
    expect(quiet.reduce((sum, rate) => sum + rate, 0) / quiet.length).toBeLessThan(AWAKE_RATE)
    remoteHints.end()
  } finally {
    hints?.end()
    await client.end()
    await other.close()
  }
}, 30_000)
