import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startCluster } from '../../test/support/cluster.ts'
import { listen, post, startServer } from '../support/server.ts'
import { quantile, spread } from '../support/statistics.ts'
import { busyQueues, CONSUMERS_PER_BUSY_QUEUE, LOCKED_CONSUMERS } from './queues.ts'

/** See README.md. */
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const EVENTS = Number(process.env.EVENTS ?? 200)
const LISTED_QUEUES = Number(process.env.LISTED_QUEUES ?? 5_000)
/** Mean time between events: so long that one is settled before the next comes. */
const INTERVAL_MS = 100
/** Time for the traffic to be under way, and for what it leaves to be over (milliseconds). */
const SETTLE_MS = Number(process.env.SETTLE_MS ?? 2_000)
const KINDS = process.env.KINDS?.split(',') ?? [
  'locked',
  'lists',
  'large publishing',
  'small publishing',
  'consumers',
]

await using cluster = await startCluster(18, {
  fsync: 'on',
  synchronous_commit: 'on',
  autovacuum: 'on',
  max_locks_per_transaction: '1024',
})
await using server = await startServer(cluster.url)
const database = new pg.Client({ connectionString: cluster.url })
await database.connect()
await prepare()

async function prepare(): Promise<void> {
  const create = async (queue: string, consumers: readonly string[], isTicked = true) => {
    const values = [queue, '50 ms', !isTicked]
    await database.query('select pgq_gateway.create_queue($1, null, $2, null, null, $3)', values)
    for (const consumer of consumers)
      await database.query('select pgq.register_consumer($1, $2)', [queue, consumer])
  }
  await create('quiet', ['c'])
  await create('storm', [])
  await create('locked', LOCKED_CONSUMERS)
  await database.query(`select pgq.insert_event('locked', 'x', 'x')`)
  await database.query(`select pgq.force_tick('locked'), pgq.ticker('locked')`)
  const names = Array.from({ length: CONSUMERS_PER_BUSY_QUEUE }, (_, n) => `c${n}`)
  for (const queue of busyQueues) await create(queue, names)
  // How soon the ticker finds events that SQL has inserted depends on the number of queues that it ticks.
  for (let n = 0; n < LISTED_QUEUES; n++) await create(`listed ${n}`, ['c'], false)
  await database.query('analyze')
}

/** Latencies of one situation (milliseconds). */
interface Sample {
  delivery: number[]
  settlement: number[]
}

const receivedAt = new Map<string, number>()
let settlement: number[] = []
const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'
const stream = listen(
  server.url,
  'subscription { batches(input: { queue: "quiet", consumer: "c" }) { batchId leaseToken events { eventId } } }',
  ({ batches }) => {
    const at = performance.now()
    const { batchId, leaseToken, events } = batches as Batch
    for (const { eventId } of events) receivedAt.set(eventId, at)
    void post(server.url, finish, { input: { batchId, leaseToken } }).then(() =>
      settlement.push(performance.now() - at),
    )
  },
)

/** Inserts events in SQL, and measures from each commit to its delivery, and how long the settlement of a batch takes. */
async function measure(): Promise<Sample> {
  const committedAt = new Map<string, number>()
  settlement = []
  for (let n = 0; n < EVENTS; n++) {
    const { rows } = await database.query(`select pgq.insert_event('quiet', 'x', 'x') as id`)
    committedAt.set(rows[0].id, performance.now())
    await delay(2 * INTERVAL_MS * Math.random())
  }
  while (![...committedAt.keys()].every((id) => receivedAt.has(id))) await delay(20)
  const delivery = [...committedAt].map(([id, at]) => (receivedAt.get(id) ?? Number.NaN) - at)
  return { delivery, settlement }
}

interface Batch {
  batchId: string
  leaseToken: string
  events: { eventId: string }[]
}

/** Measures beside traffic of one kind. @returns also the traffic's answers per second. */
async function measureBeside(kind: string): Promise<Sample & { rate: number }> {
  const stranger = new pg.Client({ connectionString: cluster.url })
  await stranger.connect()
  if (kind === 'locked') {
    const { rows } = await stranger.query(
      `select queue_data_pfx as "table" from pgq.queue where queue_name = 'locked'`,
    )
    await stranger.query(`begin; lock table ${rows[0].table}`)
  }
  const startedAt = performance.now()
  const script = fileURLToPath(new URL('traffic.ts', import.meta.url))
  const args = ['--import', 'tsx', script, kind, server.url]
  const traffic = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const answered = once(createInterface({ input: traffic.stdout }), 'line')
  await delay(SETTLE_MS)
  const sample = await measure()
  traffic.stdin.end()
  await stranger.end()
  const [count] = await answered
  const rate = Number(count) / ((performance.now() - startedAt) / 1_000)
  await delay(SETTLE_MS)
  return { ...sample, rate }
}

type Figure = (sample: Sample) => number
const figures: Record<string, Figure> = {
  'delivery p50': ({ delivery }) => quantile(delivery, 0.5),
  'delivery p99': ({ delivery }) => quantile(delivery, 0.99),
  'settlement p50': ({ settlement }) => quantile(settlement, 0.5),
  'settlement p99': ({ settlement }) => quantile(settlement, 0.99),
}
const rounds: { calm: Sample; beside: Map<string, Sample & { rate: number }> }[] = []
// The first calm is a warm-up.
await measure()
for (let round = 0; round < ROUNDS; round++) {
  const calm = await measure()
  const beside = new Map<string, Sample & { rate: number }>()
  for (const kind of KINDS) beside.set(kind, await measureBeside(kind))
  rounds.push({ calm, beside })
}
stream.close()
await database.end()

console.log('| beside | figure | calm (ms) | beside (ms) | beside / calm | answers/s of the traffic |')
console.log('| --- | --- | --- | --- | --- | --- |')
for (const kind of KINDS) {
  const pairs = rounds.flatMap(({ calm, beside }) => {
    const sample = beside.get(kind)
    return sample ? [{ calm, sample }] : []
  })
  const rate = spread(
    pairs.map(({ sample }) => sample.rate),
    0,
  )
  for (const [name, figure] of Object.entries(figures)) {
    const calm = spread(pairs.map(({ calm }) => figure(calm)))
    const beside = spread(pairs.map(({ sample }) => figure(sample)))
    const ratio = spread(pairs.map(({ calm, sample }) => figure(sample) / figure(calm)))
    console.log(`| ${kind} | ${name} | ${calm} | ${beside} | **${ratio}** | ${rate} |`)
  }
}
console.log(
  `\nMedian (lowest … highest) of ${ROUNDS} rounds. Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}.`,
)
