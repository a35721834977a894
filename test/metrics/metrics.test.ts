import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createCaller } from '../../src/caller.ts'
import { PgqError } from '../../src/errors.ts'
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

test('the alert rules are valid', () => {
  const rules = fileURLToPath(new URL('../../docs/monitoring/alerts.yml', import.meta.url))
  expect(String(execFileSync('promtool', ['check', 'rules', rules]))).toMatch(/SUCCESS: 5 rules found/)
})
