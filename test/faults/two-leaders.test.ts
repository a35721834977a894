import { expect, test } from 'vitest'
import { availableEngines, createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { hasPeers, startPgqd } from '../support/pgqd.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { startForcedLeader } from './forced-leader.ts'
import { startTraffic } from './traffic.ts'

test('three tickers that lead at the same time give each event to each consumer in one batch', async () => {
  await using fixture = await createTestDatabase()
  await using server = await startTestServer({ fixture })
  await using traffic = await startTraffic({ urls: () => [server.url], databaseUrl: fixture.url })
  await using forced = await startForcedLeader(fixture.url)
  const client = await fixture.connect()
  await using _client = { [Symbol.asyncDispose]: () => client.end() }
  expect([server.database.ticker?.status.state, forced.status.state]).toEqual(['leading', 'leading'])
  const tick = async () => client.query('select pgq.ticker()')
  for (let n = 0; n < 20; n++) await Promise.all([tick(), traffic.flows()])
  // The server's own ticker hears first of what is published through it; what comes by SQL both find by looking.
  await client.query(`select pgq.create_queue('by SQL')`)
  await client.query(`update pgq.queue set queue_ticker_max_lag = '10 ms' where queue_name = 'by SQL'`)
  const hasTicked = async () => {
    await client.query(`select pgq.insert_event('by SQL', 'x', '')`)
    return forced.status.lastTickAt
  }
  await until(hasTicked, 'a tick of the second leader', { timeoutMs: 30_000 })
  await traffic.finish()
  expect(traffic.ledger.deliveries.length).toBeGreaterThan(20)
  for (const consumer of traffic.ledger.consumers) expect(traffic.ledger.repeated(consumer)).toBe(0)
})

if (hasPeers && availableEngines.includes('extension-15')) {
  test('pgqd and two tickers that lead at the same time share an upstream engine, and no event is lost or doubled', async () => {
    await using directory = await temporaryDirectory()
    await using fixture = await createTestDatabase('extension-15')
    await using server = await startTestServer({ fixture })
    await using traffic = await startTraffic({ urls: () => [server.url], databaseUrl: fixture.url })
    await using _forced = await startForcedLeader(fixture.url)
    await using pgqd = await startPgqd(directory.path, fixture.url)
    const client = await fixture.connect()
    await using _client = { [Symbol.asyncDispose]: () => client.end() }
    const ticks = `select from pg_stat_activity
      where query ~ 'pgq.ticker' and datname = current_database() and pid <> pg_backend_pid()`
    await until(async () => (await client.query(ticks)).rowCount !== 0, 'pgqd', { describe: pgqd.output })
    for (let n = 0; n < 20; n++) await traffic.flows()
    await traffic.finish()
    for (const consumer of traffic.ledger.consumers) expect(traffic.ledger.repeated(consumer)).toBe(0)
  })
}
