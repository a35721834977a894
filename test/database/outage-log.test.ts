import pg from 'pg'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { LiveDatabase } from '../../src/database/live-database.ts'
import { OutageLog } from '../../src/postgres/outage-log.ts'
import { startCluster } from '../support/cluster.ts'
import { until } from '../support/deadline.ts'

interface Line {
  level: number
  msg: string
  err?: unknown
}

const INFO = 30
const WARN = 40

function collect() {
  const lines: Line[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  return { logger, lines, shown: () => lines.filter(({ level }) => level >= INFO) }
}

test('a restart of the database is one line when it goes and one when it is back, without a stack', async () => {
  await using cluster = await startCluster(18, { synchronous_commit: 'on' })
  const { logger, lines, shown } = collect()
  // The quick retries are there to fail in the meantime.
  const ticker = { retryMs: 50, maintenanceMs: 50, maxBackoffMs: 200 }
  const live = new LiveDatabase(
    { name: 'main', connectionString: cluster.url, engine: 'sql', ticker },
    { logger },
  )
  try {
    await live.ready()
    const ready = () => Object.values(live.health()).every((each) => each !== false)
    await until(ready, 'readiness')
    const client = new pg.Client(cluster.url)
    client.on('error', () => {})
    await client.connect()
    await client.query(
      `select pgq.create_queue('q' || n), pgq.set_queue_config('q' || n, 'ticker_max_lag', '10 ms') from generate_series(1, 5) n`,
    )
    // Each queue is ticked all the time.
    const insert = `select pgq.insert_event('q' || n, 'x', '') from generate_series(1, 5) n`
    const inserting = (async () => {
      for (;;) await client.query(insert)
    })().catch(() => {})
    await until(() => live.ticker?.status.lastTickAt != null, 'a tick')
    lines.length = 0
    await cluster.stop('fast')
    await inserting
    await until(() => live.ticker?.isReady === false, 'the loss')
    await until(
      () => lines.filter(({ msg }) => /ECONNREFUSED|starting up|shutting down/.test(msg)).length > 3,
      'failed attempts',
      { timeoutMs: 20_000 },
    )
    expect(live.ticker?.status.lastError).toMatch(/ECONNREFUSED|shutting down|terminating/)
    await cluster.start()
    await until(ready, 'readiness after the restart', { timeoutMs: 20_000 })
    await until(() => live.ticker?.status.lastError === null, 'the end of all failures', {
      timeoutMs: 20_000,
    })
    await client.end().catch(() => {})
  } finally {
    await live.close()
  }
  expect(shown().map(({ msg }) => msg)).toEqual([
    expect.stringMatching(/^Database main is away: .+/),
    expect.stringMatching(/^Database main is back after \d+\.\d+ s$/),
    'the ticker of database main is leading',
  ])
  expect(shown().filter(({ err }) => err !== undefined)).toEqual([])
})

test('a database that is away at the start is told of once, and is back when it is there', async () => {
  await using cluster = await startCluster(18, { synchronous_commit: 'on' })
  await cluster.stop('fast')
  const { logger, shown } = collect()
  const live = new LiveDatabase({ name: 'main', connectionString: cluster.url, engine: 'sql' }, { logger })
  try {
    const failed = vi.spyOn(live.database.outages, 'failed')
    live.start()
    await until(() => failed.mock.calls.length > 2, 'further attempts')
    expect(shown().map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^Database main is database "postgres" on /),
      expect.stringMatching(/^Database main is away: connect ECONNREFUSED/),
    ])
    await cluster.start()
    await until(
      () => shown().some(({ msg }) => msg.startsWith('Database main is back after')),
      'the return',
      {
        timeoutMs: 20_000,
      },
    )
  } finally {
    await live.close()
  }
  expect(shown().filter(({ level }) => level >= WARN)).toHaveLength(1)
})

test('a long outage is told of again at a slow pace, with its latest reason', () => {
  const { logger, lines } = collect()
  let nowMs = 0
  using _clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  const outages = new OutageLog('main', logger)
  for (; nowMs < 3_600_000; nowMs += 5_000) outages.failed(new Error(`attempt at ${nowMs / 1_000} s`))
  outages.worked()
  outages.worked()
  expect(lines.map(({ msg }) => msg)).toEqual([
    'Database main is away: attempt at 0 s; trying again until it is back',
    ...[10, 20, 30, 40, 50].map(
      (minutes) => `Database main is still away after ${minutes} min: attempt at ${minutes * 60} s`,
    ),
    'Database main is back after 1 h',
  ])
})
