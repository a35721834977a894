import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createCaller } from '../../src/caller.ts'
import { PgqError } from '../../src/errors.ts'
import { until } from '../support/deadline.ts'
import { subscribe } from '../support/graphql.ts'
import { loggedLines } from '../support/log-lines.ts'
import { startTestServer } from '../support/server.ts'

const ask = (url: string, authorization?: string) =>
  fetch(new URL('/metrics', url), { headers: authorization ? { authorization } : {} })

test('a scrape tells of queues, consumers and the process in a format that promtool accepts', async () => {
  await using t = await startTestServer({ metrics: true, ticker: false })
  const client = await t.fixture.connect()
  await using _client = { [Symbol.asyncDispose]: () => client.end() }
  const odd = 'a"b\\c'
  await client.query('select pgq.create_queue($1)', [odd])
  await client.query("select pgq.register_consumer($1, 'c')", [odd])
  await client.query("select pgq.insert_event($1, 't', n::text) from generate_series(1, 3) n", [odd])
  const labels = 'database="main",queue="a\\"b\\\\c"'
  const before = await (await ask(t.url)).text()
  expect(before).toContain(`pgq_queue_events_total{${labels}} 3\n`)
  expect(before).toContain(`pgq_queue_unticked_events{${labels}} 3\n`)
  await client.query('select pgq.ticker($1)', [odd])
  await client.query("select pgq.next_batch($1, 'c')", [odd])
  expect(before).toContain(`pgq_queue_rotation_blocked_seconds{${labels}} 0\n`)
  await client.query(
    `update pgq.queue set queue_switch_step2 = txid_current(), queue_switch_time = now() - interval '1 hour', queue_rotation_period = '1 minute'`,
  )
  const text = await (await ask(t.url)).text()
  expect(text).toContain('pgq_database_up{database="main"} 1\n')
  expect(text).toContain(`pgq_consumer_pending_events{${labels},consumer="c"} 3\n`)
  expect(text).toMatch(/pgq_batch_open_seconds\{.*consumer="c"\} 0\.\d+\n/)
  expect(text).toMatch(/pgq_queue_rotation_blocked_seconds\{.*\} 35[45]\d/)
  expect(text).toMatch(/pgq_statement_seconds_count\{database="main",role="reader",code="OK"\} [1-9]/)
  expect(text).toContain('nodejs_eventloop_lag_seconds')
  const { stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  // Those of Node itself have the names that prom-client gives them.
  expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('nodejs_active_'))).toEqual([])
})

test('metrics need the grant stats for all databases, and are not served where they are off', async () => {
  const callers = new Map([
    ['Bearer monitor', createCaller({ name: 'monitor', grants: ['stats'] })],
    ['Bearer partly', createCaller({ name: 'partly', grants: ['stats:main/q'] })],
  ])
  await using t = await startTestServer({
    metrics: true,
    authenticate({ headers: { authorization = '' } }) {
      const caller = callers.get(authorization)
      if (caller) return caller
      throw new PgqError('UNAUTHENTICATED', 'Send a token')
    },
  })
  expect((await ask(t.url, 'Bearer monitor')).status).toBe(200)
  expect((await ask(t.url, 'Bearer partly')).status).toBe(403)
  expect((await ask(t.url)).status).toBe(401)
  await using off = await startTestServer({ fixture: t.fixture })
  expect((await ask(off.url)).status).toBe(404)
})

test('a scrape says that a database is down, and tells of the process all the same', async () => {
  await using t = await startTestServer({ metrics: true })
  t.gateway.databases.add({ name: 'away', connectionString: 'postgresql://127.0.0.1:1/x' })
  const text = await (await ask(t.url)).text()
  expect(text).toContain('pgq_database_up{database="away"} 0\n')
  expect(text).toContain('pgq_database_up{database="main"} 1\n')
})

test('a statement that fails or comes too late is told, logged once, and ended', async () => {
  const { logger, lines } = loggedLines()
  await using t = await startTestServer({ metrics: true, logger })
  const client = await t.fixture.connect()
  await using _client = { [Symbol.asyncDispose]: () => client.end() }
  const scrape = async () => (await ask(t.url)).text()
  const logged = (text: string) =>
    lines.filter(({ msg }) => msg.includes('for metrics') && msg.includes(text))
  expect(await scrape()).toContain('pgq_metrics_failed{database="main"} 0\n')

  await client.query('revoke execute on function pgq_gateway.metrics() from public, pgq_reader, pgq_admin')
  for (let n = 0; n < 2; n++) {
    const text = await scrape()
    expect(text).toContain('pgq_metrics_failed{database="main"} 1\n')
    expect(text).toContain('pgq_database_up{database="main"} 1\n')
  }
  expect(logged('fails')).toHaveLength(1)
  await client.query('grant execute on function pgq_gateway.metrics() to pgq_reader, pgq_admin')
  expect(await scrape()).toContain('pgq_metrics_failed{database="main"} 0\n')
  expect(logged('works again')).toHaveLength(1)

  await client.query('begin; lock table pgq.subscription in access exclusive mode')
  expect(await scrape()).toContain('pgq_metrics_failed{database="main"} 1\n')
  const { rows } = await client.query(
    `select query from pg_stat_activity
      where datname = current_database() and state = 'active' and query like '%pgq_gateway.metrics()%' and pid <> pg_backend_pid()`,
  )
  expect(rows).toEqual([])
  await client.query('rollback')
})

test('a locked event table keeps the size that was known, and no scrape waits for it', async () => {
  await using t = await startTestServer({ metrics: true, ticker: false })
  const client = await t.fixture.connect()
  await using _client = { [Symbol.asyncDispose]: () => client.end() }
  await client.query(`select pgq.create_queue('q'), pgq.insert_event('q', 't', 'x')`)
  const sizeOf = async () =>
    /pgq_queue_table_bytes\{.*queue="q"\} (\d+)/.exec(await (await ask(t.url)).text())?.[1]
  const size = await sizeOf()
  expect(Number(size)).toBeGreaterThan(8_192)
  await client.query('begin')
  await client.query(
    `do $$ begin execute 'lock table ' || (select queue_data_pfx from pgq.queue) || '_0 in access exclusive mode'; end $$`,
  )
  await client.query(`select pgq.insert_event('q', 't', 'x')`)
  expect(await sizeOf()).toBe(size)
  await client.query('rollback')
})

test('streams, gaps and deliveries are told by their kind, and connections by their pool', async () => {
  await using t = await startTestServer({ metrics: true })
  const client = await t.fixture.connect()
  await using _client = { [Symbol.asyncDispose]: () => client.end() }
  await client.query(`select pgq.create_queue('q')`)
  const scrape = async () => (await ask(t.url)).text()
  const document = 'subscription { tail(queue: "q", after: "999") { __typename } }'
  for (const transport of ['SSE', 'WebSocket'] as const) {
    await using stream = subscribe(transport, t.url, document)
    expect((await stream.nextData()).tail).toEqual({ __typename: 'Gap' })
    expect(await scrape()).toContain(`pgq_streams{kind="tail",transport="${transport.toLowerCase()}"} 1\n`)
    const next = stream.nextData()
    await client.query(`select pgq.insert_event('q', 't', 'x')`)
    expect((await next).tail).toEqual({ __typename: 'TickBatch' })
  }
  await until(async () => /pgq_streams\{.*"websocket"\} 0\n/.test(await scrape()), 'the end of the stream')
  const text = await scrape()
  expect(text).toContain('pgq_gaps_total{kind="tail"} 2\n')
  expect(text).toContain('pgq_delivery_seconds_count{kind="tail"} 2\n')
  expect(text).toContain('pgq_delivery_seconds_bucket{kind="tail",le="+Inf"} 2\n')
  expect(text).toContain('pgq_delivery_seconds_bucket{kind="tail",le="10"} 2\n')
  expect(text).toContain('pgq_pool_open_connections{database="main",pool="reader scrapes"} 1\n')
  expect(text).toContain('pgq_pool_waiting_statements{database="main",pool="reader"} 0\n')
  expect(text).toContain('pgq_connection_places 200\n')
  expect(text).toMatch(/pgq_connection_places_taken [1-9]/)
})

test('a mover is told by its events, its lag and the states of its sources', async () => {
  const mover = { name: 'm', from: { databases: 'main', queue: 'a' }, to: { database: 'main', queue: 'b' } }
  await using t = await startTestServer({ metrics: true, movers: [mover] })
  const client = await t.fixture.connect()
  await using _client = { [Symbol.asyncDispose]: () => client.end() }
  await client.query(`select pgq.create_queue('a'), pgq.create_queue('b'), pgq.register_consumer('a', 'm')`)
  await client.query(`select pgq.insert_event('a', 't', 'x')`)
  let text = ''
  await until(
    async () => {
      text = await (await ask(t.url)).text()
      return text.includes('pgq_mover_events_total{database="main",source="main/a",mover="m"} 1\n')
    },
    'an event that was moved',
    {
      describe: () =>
        text
          .split('\n')
          .filter((line) => line.includes('mover'))
          .join('\n'),
    },
  )
  expect(text).toMatch(/pgq_mover_lag_seconds\{mover="m"\} \d/)
  expect(text.match(/pgq_mover_sources\{mover="m",state="\w+"\} 1\n/g)).toHaveLength(1)
  expect(text.match(/pgq_mover_sources\{mover="m"/g)).toHaveLength(5)
})

test('the alert rules are valid', () => {
  const rules = fileURLToPath(new URL('../../docs/monitoring/alerts.yml', import.meta.url))
  expect(String(execFileSync('promtool', ['check', 'rules', rules]))).toMatch(/SUCCESS: 6 rules found/)
})
