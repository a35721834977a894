import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@pgq-graphql/client'
import pg from 'pg'
import { BatchesDocument, FinishBatchDocument } from '../../client/src/generated/operations.ts'
import { startCluster } from '../../test/support/cluster.ts'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { post, startServer } from '../support/server.ts'
import { read } from '../support/stream.ts'
import { compare } from './table.ts'

/** See README.md. */
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const EVENTS = Number(process.env.EVENTS ?? 200_000)
const BATCH_SIZE = Number(process.env.BATCH_SIZE ?? 1_000)

await using cluster = await startCluster(18, { fsync: 'on', synchronous_commit: 'on', autovacuum: 'on' })
await using gateway = await startServer(cluster.url)
await using folder = await temporaryDirectory()
const database = new pg.Client({ connectionString: cluster.url })
await database.connect()

// Only this script ticks, so that all batches have the same size.
await database.query(`select pgq.create_queue('q')`)
await database.query(
  `select pgq.set_queue_config('q', name, value) from (values
     ('ticker_max_count', '2000000000'), ('ticker_max_lag', '1 day'), ('ticker_idle_period', '1 day')) v (name, value)`,
)
const consumers = ['sdk batches', 'sdk events', 'bare', 'driver', 'python'] as const
for (const name of consumers) await database.query(`select pgq.register_consumer('q', $1)`, [name])
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

const client = createClient({ url: gateway.url })

async function consumeBatches(): Promise<number> {
  let seen = 0
  const consumption = client.consume('q', { consumer: 'sdk batches' }, (batch) => {
    for (const event of batch.events) if (event.data !== null) seen++
    if (seen >= EVENTS) void consumption.stop()
  })
  await consumption.done
  return seen
}

async function consumeEvents(): Promise<number> {
  let seen = 0
  const consumption = client.consume(
    'q',
    { consumer: 'sdk events' },
    {
      event({ data }) {
        if (data !== null) seen++
        // Stopping puts back only events not begun, and this is the last.
        if (seen >= EVENTS) void consumption.stop()
      },
    },
  )
  await consumption.done
  return seen
}

/** Reads the same stream over bare node:http: no reconnect, no leases, no timeouts, no classes. */
async function consumeBare(): Promise<number> {
  const input = { database: 'main', queue: 'q', consumer: 'bare', standby: false }
  const body = { query: String(BatchesDocument), variables: { input, first: null } }
  const stream = read(gateway.url, body, { accept: 'text/event-stream' })
  let seen = 0
  for await (const line of stream.lines()) {
    if (!line.startsWith('data: {')) continue
    const { batchId, leaseToken, eventPage } = JSON.parse(line.slice(6)).data.batches
    for (const event of eventPage.events) if (event.data !== null) seen++
    const input = { database: 'main', batchId, leaseToken, retries: [], failures: [], publish: [] }
    await post(gateway.url, String(FinishBatchDocument), { input })
    if (seen >= EVENTS) break
  }
  stream.close()
  return seen
}

async function consumeDriver(): Promise<number> {
  let seen = 0
  while (seen < EVENTS) {
    const { rows } = await database.query({
      name: 'next',
      text: `select pgq.next_batch('q', 'driver') as id`,
    })
    const { id } = rows[0]
    const batch = await database.query({
      name: 'events',
      text: 'select * from pgq.get_batch_events($1)',
      values: [id],
    })
    for (const event of batch.rows) if (event.ev_data !== null) seen++
    await database.query({ name: 'finish', text: 'select pgq.finish_batch($1)', values: [id] })
  }
  return seen
}

/** @returns the number of events, and the seconds by Python's clock, which leaves out its start. */
async function consumePython(): Promise<{ seen: number; seconds: number }> {
  const { hostname, port, username, password, pathname } = new URL(cluster.url)
  const connection = `host=${hostname} port=${port} user=${username} password=${decodeURIComponent(password)}`
  const config = join(folder.path, 'python.ini')
  await writeFile(
    config,
    `[counter]
job_name = python
db = ${connection} dbname=${pathname.slice(1)}
queue_name = q
consumer_name = python
pidfile =
logfile =
`,
  )
  const script = new URL('consumer.py', import.meta.url).pathname
  const child = spawn('/usr/bin/python3', [script, String(EVENTS), '-q', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  await once(child, 'close')
  const [seen = Number.NaN, seconds = Number.NaN] = output.split(' ').map(Number)
  return { seen, seconds }
}

/** @returns events per second, from the call until the last batch is settled. */
async function rate(consume: () => Promise<number | { seen: number; seconds: number }>): Promise<number> {
  const startedAt = performance.now()
  const result = await consume()
  const tookSeconds = (performance.now() - startedAt) / 1_000
  const { seen, seconds } = typeof result === 'number' ? { seen: result, seconds: tookSeconds } : result
  if (seen !== EVENTS) throw new Error(`${seen} events came instead of ${EVENTS}`)
  return EVENTS / seconds
}

const contestants = {
  'client, handler of batches': consumeBatches,
  'client, handler of events': consumeEvents,
  'bare SSE reader of the same stream': consumeBare,
  'raw pg loop': consumeDriver,
  'python3-pgq Consumer': consumePython,
}

await compare({
  question: `consume ${EVENTS} events in batches of ${BATCH_SIZE}`,
  unit: 'events/s',
  rounds: ROUNDS,
  contestants: Object.fromEntries(
    Object.entries(contestants).map(([name, consume]) => [name, () => rate(consume)]),
  ),
  before: fill,
  async after() {
    const { rows } = await database.query(`select pgq.current_event_table('q') as name`)
    await database.query(`truncate ${rows[0].name}`)
  },
})
await database.end()
