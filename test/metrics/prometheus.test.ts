import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Child, startChild } from '../support/child.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

/** Patience with a scrape and a look at the rules, which come every two seconds, on a busy machine. */
const PATIENCE = { timeoutMs: 60_000 }

const documents = new URL('../../docs/monitoring/', import.meta.url)
const read = (name: string) => readFile(new URL(name, documents), 'utf8')

let server: TestServer
let prometheus: Child
let directory: TemporaryDirectory
let proxy: TcpProxy
let away: TestDatabase
let mute: TestDatabase
let client: pg.Client
let muteClient: pg.Client
let api: URL

beforeAll(async () => {
  ;[away, mute] = await Promise.all([createTestDatabase(), createTestDatabase()])
  proxy = await startTcpProxy(away.url)
  server = await startTestServer({ metrics: true, ticker: false })
  for (const [name, connectionString] of [
    ['away', proxy.url],
    ['mute', mute.url],
  ] as const)
    server.gateway.databases.add({ name, connectionString, ticker: false })
  client = await server.fixture.connect()
  muteClient = await mute.connect()
  directory = await temporaryDirectory()
  api = await startPrometheus(new URL('/metrics', server.url).host)
  await until(
    () => ask('query?query=count(pgq_database_up == 1) == 3').then(({ result }) => result.length > 0),
    'a scrape',
    PATIENCE,
  )
}, 120_000)

afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]()
  await Promise.all([client?.end(), muteClient?.end()])
  await server?.[Symbol.asyncDispose]()
  await proxy?.[Symbol.asyncDispose]()
  await Promise.all([away?.[Symbol.asyncDispose](), mute?.[Symbol.asyncDispose]()])
  await directory?.[Symbol.asyncDispose]()
})

/** Starts Prometheus with the documented scrape and rules, but every two seconds, and without their minutes. */
async function startPrometheus(target: string): Promise<URL> {
  const [, documented = ''] = [
    ...(await read('README.md')).matchAll(/```yaml\n(scrape_configs:[^`]+)```/g),
  ].map(([, yaml]) => yaml)
  expect(documented).toContain('127.0.0.1:9464')
  const rules = (await read('alerts.yml'))
    .replaceAll(/for: \w+/g, 'for: 0s')
    .replace('offset 15m', 'offset 10s')
  const files = join(directory.path, 'prometheus')
  await mkdir(files)
  await writeFile(join(files, 'alerts.yml'), rules)
  const intervals = 'global: { scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s }'
  const config = [intervals, 'rule_files: [alerts.yml]', documented.replace('127.0.0.1:9464', target)]
  await writeFile(join(files, 'prometheus.yml'), config.join('\n'))
  const port = await freePort()
  prometheus = startChild('prometheus', [
    `--config.file=${join(files, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(files, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ])
  await prometheus.printed(/Server is ready/, 60_000)
  return new URL(`http://127.0.0.1:${port}/api/v1/`)
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const { port } = listener.address() as { port: number }
  await new Promise((resolve) => listener.close(resolve))
  return port
}

// biome-ignore lint/suspicious/noExplicitAny: the expectations check the answers
async function ask(path: string): Promise<any> {
  const answer = (await (await fetch(new URL(path, api))).json()) as {
    status: string
    error?: string
    data: unknown
  }
  if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`)
  return answer.data
}

/** Alerts that fire, such as `PgqDatabaseAway away`. */
async function firing(): Promise<string[]> {
  const { alerts } = await ask('alerts')
  return alerts
    .filter(({ state }: { state: string }) => state === 'firing')
    .map(
      ({ labels }: { labels: Record<string, string> }) =>
        `${labels.alertname} ${labels.queue ?? labels.database}`,
    )
    .sort()
}

async function fires(expected: readonly string[]): Promise<void> {
  let seen: string[] = []
  await until(
    async () => {
      seen = await firing()
      return expected.every((alert) => seen.includes(alert))
    },
    expected.join(', '),
    { ...PATIENCE, describe: () => `but ${seen.join(', ')}` },
  )
}

test('each alert fires when what it is for breaks, and resolves when that is mended', {
  timeout: 180_000,
}, async () => {
  expect(await firing()).toEqual([])
  for (const queue of ['stopped', 'blocked', 'dead', 'unticked', 'paused', 'external']) {
    await client.query('select pgq.create_queue($1)', [queue])
  }
  await client.query(
    `select pgq.register_consumer(q, 'c') from unnest(array['stopped', 'blocked', 'dead']) q`,
  )
  await client.query(`select pgq.insert_event('stopped', 't', 'x'), pgq.insert_event('blocked', 't', 'x')`)
  await client.query(`select pgq.force_tick('stopped'), pgq.force_tick('blocked')`)
  await client.query(`select pgq.ticker('stopped'), pgq.ticker('blocked')`)

  await client.query(
    `update pgq.subscription set sub_active = now() - interval '1 hour'
       where sub_queue = (select queue_id from pgq.queue where queue_name = 'stopped')`,
  )
  await client.query(
    `update pgq.queue set queue_switch_step2 = txid_current(), queue_switch_time = now() - interval '1 day' where queue_name = 'blocked'`,
  )
  await client.query(
    `update pgq.tick set tick_time = now() - interval '1 hour' where tick_queue in (
       select queue_id from pgq.queue where queue_name in ('unticked', 'paused', 'external'))`,
  )
  await client.query(`update pgq.queue set queue_ticker_paused = true where queue_name = 'paused'`)
  await client.query(`update pgq.queue set queue_external_ticker = true where queue_name = 'external'`)
  const kill = () =>
    client.query(
      `insert into pgq_gateway.dead_letter (queue_id, consumer_name, ev_id, ev_time, ev_txid, ev_type, ev_data)
       select queue_id, 'c', nextval('pg_temp.ids'), now(), 1, 't', 'x' from pgq.queue where queue_name = 'dead'`,
    )
  await client.query('create temporary sequence ids')
  await kill()
  await fires(['PgqDeadLettersGrow dead'])
  const { target } = proxy
  proxy.target = 'postgresql://127.0.0.1:1/none'
  proxy.cut()
  await muteClient.query(
    'revoke execute on function pgq_gateway.metrics() from public, pgq_reader, pgq_admin',
  )
  await fires([
    'PgqConsumerStopped stopped',
    'PgqDatabaseAway away',
    'PgqMetricsFailed mute',
    'PgqRotationBlocked blocked',
    'PgqTickerStopped unticked',
  ])
  expect((await firing()).filter((alert) => alert.startsWith('PgqTickerStopped'))).toEqual([
    'PgqTickerStopped unticked',
  ])

  proxy.target = target
  await muteClient.query('grant execute on function pgq_gateway.metrics() to pgq_reader, pgq_admin')
  await client.query(
    `select pgq.finish_batch(pgq.next_batch(q, 'c')) from unnest(array['stopped', 'blocked']) q`,
  )
  await client.query(`update pgq.queue set queue_switch_time = now()`)
  await client.query(`select pgq.force_tick('unticked')`)
  await client.query(`select pgq.ticker('unticked')`)
  let seen: string[] = []
  const isQuiet = async () => {
    seen = await firing()
    return seen.length === 0
  }
  await until(isQuiet, 'the end of all alerts', { ...PATIENCE, describe: () => seen.join(', ') })
})

test('the dashboard asks for nothing that is not told, and in words that Prometheus understands', async () => {
  const { panels } = JSON.parse(await read('grafana.json')) as {
    panels: { title: string; targets?: { expr: string }[] }[]
  }
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  expect(expressions.length).toBeGreaterThan(30)
  const text = await (await fetch(new URL('/metrics', server.url))).text()
  const told = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
  for (const expression of expressions) {
    const plain = expression
      .replaceAll('$__rate_interval', '1m')
      .replaceAll(/\$(database|queue|consumer)/g, '.*')
    expect(plain).not.toContain('$')
    await ask(`query?query=${encodeURIComponent(plain)}`)
    const names = plain.match(/\b(pgq|nodejs|process)_\w+/g) ?? []
    expect(names).not.toEqual([])
    const missing = names.filter(
      (name) => !told.has(name) && !told.has(name.replace(/_(bucket|sum|count)$/, '')),
    )
    expect([expression, missing]).toEqual([expression, []])
  }
})
