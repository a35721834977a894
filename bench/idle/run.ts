import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { installEngine } from '../../src/install/install.ts'
import { startChild } from '../../test/support/child.ts'
import { startCluster } from '../../test/support/cluster.ts'
import { writePgqdConfig } from '../../test/support/pgqd.ts'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { cpuMs } from '../support/cpu.ts'
import { startServer } from '../support/server.ts'
import { spread } from '../support/statistics.ts'

/** Measures what idle databases cost, and how soon an event of plain SQL is ticked there, beside pgqd. See README.md. */
const DATABASES = Number(process.env.DATABASES ?? 256)
const QUEUES = Number(process.env.QUEUES ?? 5)
const SECONDS = Number(process.env.SECONDS ?? 60)
/** Default is twice PgQ's idle period, after which idle queues tick as rarely as they ever will. */
const SETTLE_SECONDS = Number(process.env.SETTLE_SECONDS ?? 120)
const EVENTS = Number(process.env.EVENTS ?? 20)
/** Longer than an event keeps the ticker of its database awake. */
const QUIET_MS = 11_000

const names = Array.from({ length: DATABASES }, (_, n) => `idle_${String(n + 1).padStart(3, '0')}`)

/** A server with the databases, and a process that ticks them. */
interface Ticked extends AsyncDisposable {
  pid: number
  postmaster: number
  urlOf(database: string): string
  admin: pg.Client
}

interface Costs {
  processMs: number
  serverMs: number
  commits: number
}

async function startTicked(
  start: (url: string, directory: string) => Promise<AsyncDisposable & { pid: number }>,
): Promise<Ticked> {
  // Each database may have a few connections more while it starts.
  const cluster = await startCluster(18, { max_connections: String(8 * DATABASES + 50) })
  const urlOf = (database: string) => new URL(`/${database}`, cluster.url).href
  const admin = await connect(cluster.url)
  await admin.query('create database prepared')
  const prepared = await connect(urlOf('prepared'))
  await installEngine(prepared, { engine: 'sql' })
  await prepared.query(
    `select pgq.create_queue('q' || n), pgq.set_queue_config('q' || n, 'ticker_max_lag', '0.05')
       from generate_series(1, $1::int4) n`,
    [QUEUES],
  )
  await prepared.end()
  for (const name of names) await admin.query(`create database ${name} template prepared strategy file_copy`)
  const directory = await temporaryDirectory()
  const ticker = await start(urlOf('idle'), directory.path)
  const [postmaster] = (await readFile(join(cluster.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n')
  return {
    pid: ticker.pid,
    postmaster: Number(postmaster),
    urlOf,
    admin,
    async [Symbol.asyncDispose]() {
      await ticker[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
      await admin.end()
      await cluster[Symbol.asyncDispose]()
    },
  }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, application_name: 'bench' })
  await client.connect()
  return client
}

/** @param url That of the databases, but for the number. */
async function startGateway(url: string) {
  const [first, ...others] = names.map((name) => url.replace(/idle$/, name))
  const args = others.flatMap((each, n) => ['--database', `${names[n + 1]}=${each}`])
  const server = await startServer(first ?? url, [], args)
  return { pid: server.process.pid ?? 0, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

async function startPgqd(url: string, directory: string) {
  const [first = ''] = names
  const settings = { initial_database: first, database_list: names.join(',') }
  const child = startChild('pgqd', [await writePgqdConfig(directory, url, settings)], { stdio: 'ignore' })
  return { pid: child.process.pid ?? 0, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() }
}

async function costsOf({ pid, postmaster, admin }: Ticked): Promise<Costs> {
  const { rows } = await admin.query<{ commits: number }>(
    'select sum(xact_commit)::int8::float8 as commits from pg_stat_database where datname = any ($1)',
    [names],
  )
  return { processMs: await cpuMs(pid), serverMs: await cpuMs(postmaster), commits: rows[0]?.commits ?? 0 }
}

async function connectionsOf({ admin }: Ticked): Promise<number> {
  const { rows } = await admin.query<{ count: number }>(
    'select count(*)::int as count from pg_stat_activity where datname = any ($1)',
    [names],
  )
  return rows[0]?.count ?? 0
}

/** Measures how long events take to be announced by a tick. Milliseconds. @param pauseMs Time before each. */
async function delaysOf({ urlOf }: Ticked, pauseMs: number): Promise<number[]> {
  const delays: number[] = []
  const measure = async (client: pg.Client) => {
    await delay(pauseMs + Math.random() * 1_000)
    const ticked = new Promise((resolve) => client.once('notification', resolve))
    const startedMs = performance.now()
    await client.query(`select pgq.insert_event('q1', 'x', '')`)
    await ticked
    delays.push(performance.now() - startedMs)
  }
  const clients = await Promise.all(names.slice(0, EVENTS).map((name) => connect(urlOf(name))))
  await Promise.all(clients.map((client) => client.query('listen pgq_tick')))
  // Events come at different moments, so that none waits for another.
  await Promise.all(clients.map(measure))
  await Promise.all(clients.map((client) => client.end()))
  return delays
}

await using gateway = await startTicked(startGateway)
await using pgqd = await startTicked(startPgqd)
const both = [pgqd, gateway]
await delay(SETTLE_SECONDS * 1_000)
const startedMs = performance.now()
const before = await Promise.all(both.map(costsOf))
await delay(SECONDS * 1_000)
const after = await Promise.all(both.map(costsOf))
const seconds = (performance.now() - startedMs) / 1_000
const perSecond = (key: keyof Costs) =>
  both.map((_, n) => ((after[n]?.[key] ?? 0) - (before[n]?.[key] ?? 0)) / seconds / DATABASES)

function row(name: string, [bare = 0, ours = 0]: number[], digits: number): void {
  console.log(
    `| ${name} | ${bare.toFixed(digits)} | ${ours.toFixed(digits)} | **${(ours / bare).toFixed(2)}** |`,
  )
}

console.log(`| each of ${DATABASES} databases with ${QUEUES} idle queues | pgqd | gateway | gateway / pgqd |`)
console.log('| --- | --- | --- | --- |')
const connections = await Promise.all(both.map(connectionsOf))
row(
  'connections',
  connections.map((count) => count / DATABASES),
  2,
)
row('commits per second', perSecond('commits'), 2)
row(
  '% of a core, the process',
  perSecond('processMs').map((ms) => ms / 10),
  4,
)
row(
  '% of a core, the server',
  perSecond('serverMs').map((ms) => ms / 10),
  4,
)

console.log(
  `\n| event of plain SQL → its tick (ms), ${Math.min(EVENTS, DATABASES)} databases | pgqd | gateway |\n| --- | --- | --- |`,
)
for (const [name, pauseMs] of [
  ['where all was quiet', QUIET_MS],
  ['1 to 2 s after another event', 1_000],
] as const) {
  const [bare = [], ours = []] = await Promise.all(both.map((ticked) => delaysOf(ticked, pauseMs)))
  console.log(`| ${name} | ${spread(bare, 0)} | ${spread(ours, 0)} |`)
}
console.log(`\nMedian (lowest … highest). Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}.`)
