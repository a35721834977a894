import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { installEngine } from '../../src/install/install.ts'
import { startCluster } from '../../test/support/cluster.ts'
import { startFloor } from '../support/floor.ts'
import { atPace } from '../support/pace.ts'
import { startPgqd } from '../support/pgqd.ts'
import { report } from '../support/report.ts'
import { listen, post, startServer } from '../support/server.ts'
import { median, quantile } from '../support/statistics.ts'

/** Measures the time from an insert's commit until a subscriber has the event. See README.md. */
const ROUNDS = Number(process.env.ROUNDS ?? 5)
/** Of mutations: events per second, and how many. */
const PACES = [
  { perSecond: 1, events: 5 },
  { perSecond: 10, events: 30 },
  { perSecond: 100, events: 300 },
  { perSecond: 1_000, events: 1_000 },
]
/** Of plain SQL: beside pgqd, which is slow. */
const EVENTS = 300
const INTERVAL_MS = 10

await using cluster = await startCluster(18, { fsync: 'on', synchronous_commit: 'on', autovacuum: 'on' })
await using server = await startServer(cluster.url)
const client = new pg.Client({ connectionString: cluster.url })
client.on('error', () => {})
await client.connect()
const createQueue = 'mutation ($name: String!) { createQueue(input: { name: $name }) { created } }'
for (const name of ['live', 'sql']) await post(server.url, createQueue, { name })
await using floor = await startFloor(cluster.url)
const now = () => performance.timeOrigin + performance.now()

/** Runs `produce` while a subscriber of `queue` is live. @returns milliseconds from commit to arrival, per event. */
async function overSse(
  queue: string,
  produce: (publishedAt: Map<string, number>) => Promise<void>,
): Promise<number[]> {
  const publishedAt = new Map<string, number>()
  const receivedAt = new Map<string, number>()
  let isOpen = false
  const stream = listen(
    server.url,
    `subscription { tail(queue: "${queue}") { ... on TickBatch { events { eventId data } } } }`,
    (message) => {
      isOpen = true
      const at = now()
      for (const event of (message.tail as { events: { eventId: string }[] }).events)
        receivedAt.set(event.eventId, at)
    },
  )
  while (!isOpen) {
    await post(
      server.url,
      `mutation { insertEvent(input: { queue: "${queue}", type: "x" }) { eventId } }`,
      {},
    )
    await delay(50)
  }
  await produce(publishedAt)
  await untilAll(publishedAt, receivedAt)
  stream.close()
  return latencies(publishedAt, receivedAt)
}

const byMutation = (perSecond: number, events: number) => async (publishedAt: Map<string, number>) => {
  const mutation =
    'mutation ($data: String!) { insertEvent(input: { queue: "live", data: $data }) { eventId } }'
  await atPace(events, 1_000 / perSecond, async () => {
    const { insertEvent } = await post(server.url, mutation, { data: 'x'.repeat(80) })
    publishedAt.set((insertEvent as { eventId: string }).eventId, now())
  })
}

async function countTicks(): Promise<number> {
  const { rows } = await client.query(`select last_value::int as ticks from pgq.event_1_tick_seq`)
  return rows[0].ticks
}

async function bySql(url: string, queue: string, publishedAt: Map<string, number>): Promise<void> {
  const script = fileURLToPath(new URL('producer.ts', import.meta.url))
  const args = ['--import', 'tsx', script, url, queue, String(EVENTS), String(INTERVAL_MS)]
  await readPairs(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }), publishedAt)
}

/** Reads lines of an id and a time until the process ends. */
async function readPairs(child: ReturnType<typeof spawn>, into: Map<string, number>): Promise<void> {
  if (!child.stdout) return
  for await (const line of createInterface({ input: child.stdout })) {
    const [id = '', at = ''] = line.split(' ')
    into.set(id, Number(at))
  }
}

async function untilAll(
  published: Map<string, number>,
  received: Map<string, number>,
  what = 'the gateway',
): Promise<void> {
  const endsAt = performance.now() + 20_000
  while (![...published.keys()].every((id) => received.has(id))) {
    if (performance.now() > endsAt)
      throw new Error(`events are missing at ${what}: ${received.size} of ${published.size}`)
    await delay(20)
  }
}

const latencies = (published: Map<string, number>, received: Map<string, number>) =>
  [...published].map(([id, at]) => Math.max(0, (received.get(id) ?? Number.NaN) - at))

/** Starts a database with PgQ as its users run it: queue made in SQL, pgqd and python3-pgq, all with their defaults. */
async function startPeers() {
  await client.query('create database peers')
  const url = cluster.url.replace(/postgres$/, 'peers')
  const peer = new pg.Client({ connectionString: url })
  await peer.connect()
  await installEngine(peer, { engine: 'sql' })
  await peer.query(`select pgq.create_queue('q')`)
  await peer.end()
  const pgqd = await startPgqd(url)
  const directory = await mkdtemp(join(tmpdir(), 'pgq-bench-'))
  const { hostname, port } = new URL(url)
  const config = join(directory, 'consumer.ini')
  await writeFile(
    config,
    `[bench]
db = host=${hostname} port=${port} user=postgres dbname=peers
queue_name = q
consumer_name = bench
logfile =
pidfile =
`,
  )
  const script = fileURLToPath(new URL('consumer.py', import.meta.url))
  await once(spawn('/usr/bin/python3', [script, config, '--register'], { stdio: 'ignore' }), 'exit')
  const consumer = spawn('/usr/bin/python3', [script, config], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const receivedAt = new Map<string, number>()
  const reading = readPairs(consumer, receivedAt)
  return {
    async measure(): Promise<number[]> {
      const publishedAt = new Map<string, number>()
      await bySql(url, 'q', publishedAt)
      await untilAll(publishedAt, receivedAt, 'python3-pgq')
      return latencies(publishedAt, receivedAt)
    },
    async [Symbol.asyncDispose]() {
      consumer.kill('SIGKILL')
      await once(consumer, 'close')
      await reading
      await pgqd[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}

await using peers = await startPeers()
const paced = PACES.map(({ perSecond, events }) => {
  const question = (part: string) => ({
    name: `mutation to SSE subscriber at ${perSecond}/s, ${part}, beside a tick after each insert`,
    unit: 'ms',
    rounds: [] as Round[],
  })
  return { perSecond, events, p50: question('p50'), p99: question('p99'), ticksPerSecond: [] as number[] }
})
const questions = [
  {
    name: 'plain SQL to SSE subscriber, p50, beside pgqd and python3-pgq',
    unit: 'ms',
    rounds: [] as Round[],
  },
  {
    name: 'plain SQL to SSE subscriber, p99, beside pgqd and python3-pgq',
    unit: 'ms',
    rounds: [] as Round[],
  },
] as const
interface Round {
  bare: number
  gateway: number
}
// python3-pgq's consumer starts with the tick that is newest when it registers, so it must be connected first.
while ((await client.query(`select from pg_stat_activity where datname = 'peers'`)).rowCount === 0)
  await delay(100)
await delay(2_000)
for (let round = 0; round < ROUNDS; round++) {
  for (const { perSecond, events, p50, p99, ticksPerSecond } of paced) {
    const bare = await floor.deliver({
      events,
      intervalMs: 1_000 / perSecond,
      maxLagMs: 0,
      data: 'x'.repeat(80),
    })
    const ticks = await countTicks()
    const live = await overSse('live', byMutation(perSecond, events))
    ticksPerSecond.push((((await countTicks()) - ticks) * perSecond) / events)
    p50.rounds.push({ bare: median(bare), gateway: median(live) })
    p99.rounds.push({ bare: quantile(bare, 0.99), gateway: quantile(live, 0.99) })
  }
  const peer = await peers.measure()
  const sql = await overSse('sql', (publishedAt) => bySql(cluster.url, 'sql', publishedAt))
  questions[0].rounds.push({ bare: median(peer), gateway: median(sql) })
  questions[1].rounds.push({ bare: quantile(peer, 0.99), gateway: quantile(sql, 0.99) })
}
await client.end()
report([...paced.flatMap(({ p50, p99 }) => [p50, p99]), ...questions])
for (const { perSecond, ticksPerSecond } of paced)
  console.log(`At ${perSecond} events/s: ${median(ticksPerSecond).toFixed(0)} ticks/s.`)
