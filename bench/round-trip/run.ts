import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { startCluster } from '../../test/support/cluster.ts'
import { startFloor } from '../support/floor.ts'
import { listen, post, startServer } from '../support/server.ts'
import { median, quantile, spread } from '../support/statistics.ts'

/** See README.md. The raw driver and the gateway take turns, so that a slow moment of the machine hits both. */
const ROUNDS = Number(process.env.ROUNDS ?? 7)
const SINGLES = 300
const BULKS = 10
const BULK_SIZE = 1_000
const LIVE_EVENTS = 300
const LIVE_INTERVAL_MS = 10

await using cluster = await startCluster(18, { fsync: 'on', synchronous_commit: 'on', autovacuum: 'on' })
await using server = await startServer(cluster.url)
const raw = new pg.Client({ connectionString: cluster.url })
await raw.connect()
await using floor = await startFloor(cluster.url)

const data = JSON.stringify({ orderId: 12345, customer: 'someone', total: '99.95', items: [1, 2, 3] })
const createQueue = 'mutation ($name: String!) { createQueue(input: { name: $name }) { created } }'
for (const name of ['gateway', 'raw', 'live']) await post(server.url, createQueue, { name })

const singleMutation = 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }'
const bulkMutation = 'mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }'
const rawInsert = {
  name: 'insert',
  text: 'select pgq_gateway.insert_events($1, $2, $3, $4, $5, $6, $7) as ids',
}

async function timed(times: number, action: () => Promise<unknown>): Promise<number[]> {
  const tookMs: number[] = []
  for (let n = 0; n < times; n++) {
    const startedAt = performance.now()
    await action()
    tookMs.push(performance.now() - startedAt)
  }
  return tookMs
}

const nulls = (count: number) => Array.from({ length: count }, () => null)
const rawValues = (count: number) => [
  'raw',
  Array.from({ length: count }, () => 'created'),
  Array.from({ length: count }, () => data),
  ...Array.from({ length: 4 }, () => nulls(count)),
]
const rawSingle = () => raw.query({ ...rawInsert, values: rawValues(1) })
const rawBulk = () => raw.query({ ...rawInsert, values: rawValues(BULK_SIZE) })
const gatewaySingle = () =>
  post(server.url, singleMutation, { input: { queue: 'gateway', type: 'created', data } })
const events = Array.from({ length: BULK_SIZE }, () => ({ type: 'created', data }))
const gatewayBulk = () => post(server.url, bulkMutation, { input: { queue: 'gateway', events } })

/** Measures delivery at 100 events/s: from the answer to the insert until the reader has the event. */
async function gatewayLive(): Promise<number[]> {
  const publishedAt = new Map<string, number>()
  const receivedAt = new Map<string, number>()
  let isOpen = false
  const stream = listen(
    server.url,
    'subscription { tail(queue: "live") { ... on TickBatch { events { eventId data } } } }',
    (message) => {
      isOpen = true
      const now = performance.now()
      const { events: delivered } = message.tail as { events: { eventId: string }[] }
      for (const event of delivered) receivedAt.set(event.eventId, now)
    },
  )
  while (!isOpen) {
    await post(server.url, singleMutation, { input: { queue: 'live', data } })
    await delay(50)
  }
  for (let n = 0; n < LIVE_EVENTS; n++) {
    const answer = await post(server.url, singleMutation, { input: { queue: 'live', data } })
    publishedAt.set((answer.insertEvent as { eventId: string }).eventId, performance.now())
    await delay(LIVE_INTERVAL_MS)
  }
  await untilAll(() => [...publishedAt.keys()].every((id) => receivedAt.has(id)))
  stream.close()
  return [...publishedAt].map(([id, at]) => Math.max(0, (receivedAt.get(id) ?? Number.NaN) - at))
}

async function untilAll(isDone: () => boolean): Promise<void> {
  for (let n = 0; n < 200 && !isDone(); n++) await delay(50)
  if (!isDone()) throw new Error('events are missing')
}

interface Round {
  raw: number
  gateway: number
}

const questions = [
  { name: 'insert one event, p50', unit: 'ms', rounds: [] as Round[] },
  { name: 'insert one event, p95', unit: 'ms', rounds: [] as Round[] },
  { name: `insert ${BULK_SIZE} events at once`, unit: 'ms', rounds: [] as Round[] },
  { name: 'insert to delivery at 100/s, p50', unit: 'ms', rounds: [] as Round[] },
  { name: 'insert to delivery at 100/s, p99', unit: 'ms', rounds: [] as Round[] },
] as const

await Promise.all([timed(100, gatewaySingle), timed(100, rawSingle)])
for (let round = 0; round < ROUNDS; round++) {
  const singles = { raw: await timed(SINGLES, rawSingle), gateway: await timed(SINGLES, gatewaySingle) }
  const bulks = { raw: await timed(BULKS, rawBulk), gateway: await timed(BULKS, gatewayBulk) }
  const live = {
    raw: await floor.deliver({ events: LIVE_EVENTS, intervalMs: LIVE_INTERVAL_MS, maxLagMs: 50, data }),
    gateway: await gatewayLive(),
  }
  questions[0].rounds.push({ raw: median(singles.raw), gateway: median(singles.gateway) })
  questions[1].rounds.push({ raw: quantile(singles.raw, 0.95), gateway: quantile(singles.gateway, 0.95) })
  questions[2].rounds.push({ raw: median(bulks.raw), gateway: median(bulks.gateway) })
  questions[3].rounds.push({ raw: median(live.raw), gateway: median(live.gateway) })
  questions[4].rounds.push({ raw: quantile(live.raw, 0.99), gateway: quantile(live.gateway, 0.99) })
  process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`)
}
await raw.end()

const rows = questions.map(({ name, unit, rounds }) => ({
  name: `${name} (${unit})`,
  raw: spread(rounds.map((round) => round.raw)),
  gateway: spread(rounds.map((round) => round.gateway)),
  ratio: spread(rounds.map((round) => round.gateway / round.raw)),
}))
console.log('| question | raw driver | gateway | gateway / raw |\n| --- | --- | --- | --- |')
for (const row of rows) console.log(`| ${row.name} | ${row.raw} | ${row.gateway} | ${row.ratio} |`)
console.log(
  `\nMedian (lowest … highest) of ${ROUNDS} interleaved rounds. Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}.`,
)
writeFileSync(
  new URL('results.json', import.meta.url),
  `${JSON.stringify({ node: process.version, rounds: ROUNDS, questions }, null, 2)}\n`,
)
