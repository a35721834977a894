import pg from 'pg'
import { startCluster } from '../../test/support/cluster.ts'
import { startBare } from '../support/child.ts'
import { report } from '../support/report.ts'
import { post, postJson, startServer } from '../support/server.ts'
import { read } from '../support/stream.ts'

/** See README.md. */
const ROUNDS = Number(process.env.ROUNDS ?? 7)
const EVENTS = Number(process.env.EVENTS ?? 200_000)
const BATCH_SIZE = 10_000

await using cluster = await startCluster(18, { fsync: 'on', synchronous_commit: 'on', autovacuum: 'on' })
await using gateway = await startServer(cluster.url)
await using bare = await startBare(new URL('bare/database.ts', import.meta.url), [cluster.url])
const database = new pg.Client({ connectionString: cluster.url })
await database.connect()

// Only this script ticks, so that all batches have the same size.
await database.query(`select pgq.create_queue('q')`)
await database.query(
  `select pgq.set_queue_config('q', name, value) from (values
     ('ticker_max_count', '2000000000'), ('ticker_max_lag', '1 day'), ('ticker_idle_period', '1 day')) v (name, value)`,
)
await database.query(`select pgq.register_consumer('q', 'gateway'), pgq.register_consumer('q', 'bare'),
    pgq.register_consumer('q', 'acknowledged')`)
const data = JSON.stringify({ orderId: 12345, customer: 'someone', total: '99.95', items: [1, 2, 3] })

/** Adds a round of batches, which each consumer gets once. */
async function fill(): Promise<void> {
  for (let n = 0; n < EVENTS; n += BATCH_SIZE) {
    await database.query(
      `select pgq_gateway.insert_events('q', array_agg('created'::text), array_agg($1 || i), array_agg('orders'::text))
         from generate_series(1, $2::int) i`,
      [data, BATCH_SIZE],
    )
    await database.query(`select pgq_gateway.tick('q', true)`)
  }
}

const subscription = `subscription {
  batches(input: { queue: "q", consumer: "gateway" }) {
    batchId leaseToken
    events { eventId time txid retry type data extra1 extra2 extra3 extra4 }
  }
}`
const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'

/** Counts events without parsing them, so that the time measured is the servers' and not the readers'. */
const countEvents = (text: string) => text.split('"created"').length - 1

/** @returns events per second, from the request until the last batch is settled. */
async function consumeGateway(): Promise<number> {
  const startedAt = performance.now()
  let seen = 0
  const stream = read(gateway.url, { query: subscription }, { accept: 'text/event-stream' })
  for await (const text of stream.lines()) {
    const [, batchId, leaseToken] = /"batchId":"(\d+)","leaseToken":"([^"]+)"/.exec(text.slice(0, 200)) ?? []
    if (batchId === undefined) continue
    const settled = post(gateway.url, finish, { input: { batchId, leaseToken } })
    seen += countEvents(text)
    await settled
    if (seen >= EVENTS) break
  }
  const tookMs = performance.now() - startedAt
  stream.close()
  return check(seen, tookMs)
}

async function consumeBare(acknowledged: boolean): Promise<number> {
  const startedAt = performance.now()
  let seen = 0
  const request = { queue: 'q', consumer: acknowledged ? 'acknowledged' : 'bare', acknowledged }
  for await (const text of read(`${bare.url}/batches`, request).lines()) {
    const [, batchId] = /"batchId":"(\d+)"/.exec(text.slice(0, 200)) ?? []
    const finished = acknowledged ? postJson(`${bare.url}/finish`, { batchId }) : undefined
    seen += countEvents(text)
    await finished
  }
  return check(seen, performance.now() - startedAt)
}

function check(seen: number, tookMs: number): number {
  if (seen !== EVENTS) throw new Error(`${seen} events came instead of ${EVENTS}`)
  return EVENTS / (tookMs / 1_000)
}

const name = `consume ${EVENTS} events of 10 fields in batches of ${BATCH_SIZE}`
const questions = [
  { name: `${name}, each acknowledged`, acknowledged: true },
  { name: `${name}, the bare one without acknowledgement`, acknowledged: false },
].map((question) => ({ ...question, unit: 'events/s', rounds: [] as { bare: number; gateway: number }[] }))

for (let round = -1; round < ROUNDS; round++) {
  await fill()
  const measured = new Map([
    [true, await consumeBare(true)],
    [false, await consumeBare(false)],
  ])
  const gatewayRate = await consumeGateway()
  for (const { acknowledged, rounds } of questions) {
    if (round >= 0) rounds.push({ bare: measured.get(acknowledged) ?? Number.NaN, gateway: gatewayRate })
  }
  const { rows } = await database.query(`select pgq.current_event_table('q') as name`)
  await database.query(`truncate ${rows[0].name}`)
}
await database.end()
report(questions)
