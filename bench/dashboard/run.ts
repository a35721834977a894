import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { startCluster } from '../../test/support/cluster.ts'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { cpuMs } from '../support/cpu.ts'
import { post, startServer } from '../support/server.ts'
import { spread } from '../support/statistics.ts'
import {
  consumerPage,
  deadLettersPage,
  doctorPage,
  eventPage,
  type Operation,
  queuePage,
  queuesPage,
} from './pages.ts'
import { openPage } from './visitor.ts'
import { fillLog, makeMoreQueues, makeQueues, nameOf } from './world.ts'

/** Measures what open dashboards cost the server and the gateway, and how soon pages have their data. See README.md. */
const DASHBOARDS = Number(process.env.DASHBOARDS ?? 20)
const QUEUES = Number(process.env.QUEUES ?? 500)
const SECONDS = Number(process.env.SECONDS ?? 30)
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const MANY_QUEUES = Number(process.env.MANY_QUEUES ?? 5_000)
const EVENTS = Number(process.env.EVENTS ?? 10_000_000)
const TIMES = Number(process.env.TIMES ?? 20)
/** As many rows as a window shows, with those that are drawn ahead. */
const IN_VIEW = 31
/** PostgreSQL's backends tell of what they did within ten seconds (PGSTAT_IDLE_INTERVAL). */
const SETTLE_MS = 10_500

const statistics = `query ($first: Int!) { queues(first: $first) { nodes {
  name currentEventsPerSecond newEvents tickerLagSeconds retryCount deadLetterCount tickOverdueSeconds } } }`

await using cluster = await startCluster(18, { max_connections: '100', shared_buffers: '256MB' })
const url = new URL(cluster.url)
const admin = new pg.Client({ connectionString: url.href })
await admin.connect()
await admin.query('create database dashboard')
url.pathname = '/dashboard'
await using directory = await temporaryDirectory()
const config = join(directory.path, 'gateway.json')
await writeFile(config, JSON.stringify({ limits: { maxPageSize: MANY_QUEUES + QUEUES, maxCost: 1e9 } }))
await using server = await startServer(url.href, [], ['--config', config])
const client = new pg.Client({ connectionString: url.href })
await client.connect()
// The error that ends the run is the one that comes first.
for (const each of [admin, client]) each.on('error', () => {})
const [postmaster] = (await readFile(join(cluster.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n')

await makeQueues(client, QUEUES)
await measureDashboards()
await makeMoreQueues(client, MANY_QUEUES - QUEUES)
await measureStatistics()
await measurePages()
console.log(`\nMedian (lowest … highest). Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}.`)
await client.end()
await admin.end()

interface Costs {
  /** Of the server, each second. */
  statements: number
  /** Shares of a core. */
  gateway: number
  postgres: number
}

async function countersNow() {
  await delay(SETTLE_MS)
  const { rows } = await admin.query<{ statements: number }>(
    `select (xact_commit + xact_rollback)::float8 as statements from pg_stat_database where datname = 'dashboard'`,
  )
  return {
    statements: rows[0]?.statements ?? 0,
    gatewayMs: await cpuMs(server.process.pid ?? 0),
    postgresMs: await cpuMs(Number(postmaster)),
    atMs: performance.now(),
  }
}

/** Measures what these pages cost while they are open. */
async function costsOf(pages: readonly (readonly Operation[])[]): Promise<Costs> {
  const visitors = await Promise.all(pages.map((page) => openPage(server.url, page)))
  const before = await countersNow()
  await delay(SECONDS * 1_000)
  const after = await countersNow()
  await Promise.all(visitors.map((visitor) => visitor.close()))
  const ms = after.atMs - before.atMs
  return {
    statements: (1_000 * (after.statements - before.statements)) / ms,
    gateway: (after.gatewayMs - before.gatewayMs) / ms,
    postgres: (after.postgresMs - before.postgresMs) / ms,
  }
}

async function measureDashboards(): Promise<void> {
  const inView = Array.from({ length: Math.min(IN_VIEW, QUEUES) }, (_, n) => nameOf(n + 1))
  const list = queuesPage(inView)
  const times = <Value>(make: (n: number) => Value) => Array.from({ length: DASHBOARDS }, (_, n) => make(n))
  const set: Record<string, (readonly Operation[])[]> = {
    none: [],
    'one on the list': [list],
    [`${DASHBOARDS} on the list`]: times(() => list),
    'one on a queue': [queuePage(nameOf(1))],
    [`${DASHBOARDS} on queues of their own`]: times((n) => queuePage(nameOf((n % QUEUES) + 1))),
  }
  const rounds = Object.entries(set).map(([name, pages]) => ({ name, pages, costs: [] as Costs[] }))
  for (let round = 0; round < ROUNDS; round++)
    for (const { pages, costs } of rounds) costs.push(await costsOf(pages))
  console.log(
    `| dashboards, ${QUEUES} queues × 3 consumers | statements/s | × of one | gateway, % of a core | PostgreSQL, % of a core |`,
  )
  console.log('| --- | --- | --- | --- | --- |')
  for (const [n, { name, costs }] of rounds.entries()) {
    const of = (read: (cost: Costs) => number, digits: number) => spread(costs.map(read), digits)
    const one = n >= 2 && n % 2 === 0 ? rounds[n - 1]?.costs : undefined
    const ratios = one && costs.map(({ statements }, round) => statements / (one[round]?.statements ?? 0))
    console.log(
      `| ${name} | ${of(({ statements }) => statements, 1)} | ${ratios ? `**${spread(ratios)}**` : ''} | ${of(({ gateway }) => 100 * gateway, 1)} | ${of(({ postgres }) => 100 * postgres, 1)} |`,
    )
  }
}

async function measureStatistics(): Promise<void> {
  const all: number[] = []
  const bare: number[] = []
  for (let time = 0; time < TIMES; time++) {
    bare.push(await msOf(() => client.query('select * from pgq.get_queue_info()')))
    all.push(await msOf(() => post(server.url, statistics, { first: MANY_QUEUES })))
  }
  console.log(
    `\n| statistics of ${MANY_QUEUES} queues | pgq.get_queue_info() by SQL (ms) | in one query (ms) | ratio |`,
  )
  console.log('| --- | --- | --- | --- |')
  console.log(
    `| | ${spread(bare, 0)} | ${spread(all, 0)} | **${spread(all.map((ms, n) => ms / (bare[n] ?? 0)))}** |`,
  )
}

async function measurePages(): Promise<void> {
  const queue = nameOf(1)
  const pages = (event: string) => ({
    queues: queuesPage([queue]),
    queue: queuePage(queue),
    consumer: consumerPage(queue, 'consumer-1'),
    'dead letters': deadLettersPage(queue),
    event: eventPage(queue, event),
    doctor: doctorPage(),
  })
  const measure = async (event: string) => {
    const found: Record<string, number[]> = {}
    for (const [name, page] of Object.entries(pages(event))) {
      const list: number[] = []
      for (let time = 0; time < TIMES; time++) {
        const visitor = await openPage(server.url, page)
        list.push(visitor.loadedMs)
        await visitor.close()
      }
      found[name] = list
    }
    return found
  }
  const small = await measure('1')
  const large = await measure(await fillLog(client, queue, EVENTS))
  console.log(
    `\n| data of a page, all of it (ms) | an empty log | ${EVENTS} events | ratio |\n| --- | --- | --- | --- |`,
  )
  for (const [name, list] of Object.entries(large)) {
    const before = small[name] ?? []
    console.log(
      `| ${name} | ${spread(before, 0)} | ${spread(list, 0)} | **${spread(list.map((ms, n) => ms / (before[n] ?? 0)))}** |`,
    )
  }
}

async function msOf(action: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await action()
  return performance.now() - startedMs
}
