import pg from 'pg'
import { expect, test } from 'vitest'
import { LiveDatabase } from '../../src/database/live-database.ts'
import { startCluster } from '../support/cluster.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { testLogger } from '../support/logger.ts'

test('ticks and announces again after the server crashed, events of before included', async () => {
  await using cluster = await startCluster(18, { fsync: 'on', synchronous_commit: 'on' })
  const options = {
    name: 'main',
    connectionString: cluster.url,
    engine: 'sql',
    ticker: { maxBackoffMs: 200 },
  } as const
  const live = new LiveDatabase(options, { logger: testLogger() })
  await live.ready()
  const { ticker, feed } = live
  await until(() => ticker?.isLeading && feed.isLive, 'a ticker that leads and a live feed')

  const run = async (...statements: string[]) => {
    const client = new pg.Client({ connectionString: cluster.url })
    await client.connect()
    for (const statement of statements) await client.query(statement)
    await client.end()
  }
  await run(
    `select pgq.create_queue('q')`,
    `update pgq.queue set queue_ticker_max_lag = '50 ms'`,
    `select pgq.register_consumer('q', 'c')`,
  )
  await run(...Array.from({ length: 20 }, (_, n) => `select pgq.insert_event('q', 't', '${n}')`))
  await cluster.stop('immediate')
  await until(() => !ticker?.isReady && !feed.isLive, 'the loss of both connections')
  await cluster.start()
  await until(() => ticker?.isLeading && feed.isLive, 'recovery')

  const slot = feed.subscribe('q')
  await run(`select pgq.insert_event('q', 't', 'last')`)
  const seen = new Set<string>()
  const reader = new pg.Client({ connectionString: cluster.url })
  await reader.connect()
  while (!seen.has('last')) {
    const { rows } = await reader.query(`select pgq.next_batch('q', 'c') as id`)
    if (rows[0].id === null) {
      await withDeadline(slot.next(), 'a hint')
      continue
    }
    const events = await reader.query('select ev_data from pgq.get_batch_events($1)', [rows[0].id])
    for (const { ev_data } of events.rows) seen.add(ev_data)
    await reader.query('select pgq.finish_batch($1)', [rows[0].id])
  }
  expect(seen.size).toBe(21)

  await reader.end()
  await live.close()
})
