import fc from 'fast-check'
import pg from 'pg'
import { createPgqSchema } from '../../src/schema/index.ts'
import { startCluster } from '../../test/support/cluster.ts'
import { documents } from '../../test/support/documents.ts'
import { residentBytes } from '../support/memory.ts'
import { postJson, startServer } from '../support/server.ts'

/** See README.md. */
const QUEUES = Number(process.env.QUEUES ?? 5_000)
const TICKS = Number(process.env.TICKS ?? 1_000)
const DOCUMENTS = Number(process.env.DOCUMENTS ?? 600)
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000)
const SHOWN = 8

/** Documents that a search finds seldom, each of which asks for about as much as one may. */
const chosen = [
  ...[1, 2, 4].map((count) =>
    aliased(count, 'queues(first: 1000) { nodes { name newEvents tickerLagSeconds } }'),
  ),
  ...[1, 2, 4].map((count) =>
    aliased(count, 'consumers(first: 1000) { nodes { name pendingEvents lagSeconds } }'),
  ),
  '{ queues(first: 300) { nodes { ticks(first: 300) { nodes { tickId } } } } }',
  '{ queues(first: 80) { nodes { ticks(first: 1000) { nodes { tickId time } } } } }',
  '{ queues(first: 1000) { nodes { ticks(last: 80) { nodes { tickId } } } } }',
  '{ queue(name: "big") { ticks(first: 1000) { nodes { tickId time eventSeq queue { name newEvents lastTickId } } } } }',
  '{ queues(first: 1000) { nodes { consumers { nodes { name pendingEvents oldestPendingSeconds } } } } }',
]

interface Outcome {
  query: string
  ms: number
  /** Growth of the resident memory while it was answered. */
  bytes: number
  answerBytes: number
  code: string
}

await using cluster = await startCluster(18)
const url = new URL(cluster.url)
const admin = new pg.Client({ connectionString: url.href })
await admin.connect()
await admin.query('create database documents')
await admin.end()
url.pathname = '/documents'
await using server = await startServer(url.href)
await fill(url.href)

// The first answers prepare statements and compile functions.
for (const query of chosen) await ask(query)
const outcomes: Outcome[] = []
const searched = fc.sample(documents(createPgqSchema()), { numRuns: DOCUMENTS, seed: SEED })
const waits: number[] = []
let isOver = false
const other = beside()
for (const query of [...chosen, ...searched]) outcomes.push(await ask(query))
isOver = true
await other
print()

function aliased(count: number, field: string): string {
  return `{ ${Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ')} }`
}

async function fill(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  // The error that ends the run is the one that comes first.
  client.on('error', () => {})
  await client.connect()
  await client.query(`select pgq.create_queue('big')`)
  await client.query(`select pgq.register_consumer('big', 'c' || i) from generate_series(1, 100) i`)
  // What is asked for reads no event tables, so these queues need none; they are paused, so that nothing ticks them.
  await client.query(
    `insert into pgq.queue (queue_id, queue_name, queue_data_pfx, queue_event_seq, queue_tick_seq, queue_ticker_paused)
     select id, 'q' || i, 'pgq.event_' || id, 'pgq.event_' || id || '_id_seq', 'pgq.event_' || id || '_tick_seq', true
       from (select i, nextval('pgq.queue_queue_id_seq')::int as id from generate_series(2, $1::int) i) given`,
    [QUEUES],
  )
  await client.query('alter table pgq.tick disable trigger user')
  await client.query(
    `insert into pgq.tick (tick_queue, tick_id, tick_time, tick_snapshot, tick_event_seq)
     select q.queue_id, t + 1, now() - make_interval(secs => $1 - t), txid_current_snapshot(), t
       from pgq.queue q, generate_series(1, $1::int) t`,
    [TICKS],
  )
  await client.query('alter table pgq.tick enable trigger user')
  await client.query('vacuum analyze')
  await client.end()
}

async function ask(query: string): Promise<Outcome> {
  const pid = server.process.pid as number
  const before = residentBytes(pid)
  let highest = before
  const look = setInterval(() => {
    highest = Math.max(highest, residentBytes(pid))
  }, 5)
  const startedMs = performance.now()
  const answer = (await postJson(server.url, { query })) as {
    errors?: [{ extensions: { code: string } }]
  }
  const ms = performance.now() - startedMs
  clearInterval(look)
  const code = answer.errors?.[0].extensions.code ?? 'ok'
  return { query, ms, bytes: highest - before, answerBytes: JSON.stringify(answer).length, code }
}

/** Another client, which asks for next to nothing: how long it waits shows how long the loop is blocked. */
async function beside(): Promise<void> {
  while (!isOver) {
    const startedMs = performance.now()
    await postJson(server.url, { query: '{ __typename }' })
    waits.push(performance.now() - startedMs)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function print(): void {
  const answered = outcomes.filter(({ code }) => code === 'ok')
  console.log(
    `\n${QUEUES} queues of ${TICKS} ticks, ${outcomes.length} documents, SEED=${SEED}: ${answered.length} pass\n`,
  )
  console.log('| | worst | target |\n| --- | --- | --- |')
  const worst = (pick: (outcome: Outcome) => number) => Math.max(...outcomes.map(pick))
  console.log(`| time (ms) | ${worst(({ ms }) => ms).toFixed(0)} | < 1,000 |`)
  console.log(`| memory (MB) | ${(worst(({ bytes }) => bytes) / 2 ** 20).toFixed(0)} | < 64 |`)
  console.log(`| answer (MB) | ${(worst(({ answerBytes }) => answerBytes) / 2 ** 20).toFixed(1)} | |`)
  console.log(`| another client waits (ms) | ${Math.max(...waits).toFixed(0)} | |\n`)
  console.log('| ms | MB | code | document |\n| --- | --- | --- | --- |')
  for (const { query, ms, bytes, code } of outcomes.toSorted((a, b) => b.ms - a.ms).slice(0, SHOWN))
    console.log(
      `| ${ms.toFixed(0)} | ${(bytes / 2 ** 20).toFixed(0)} | ${code} | \`${query.slice(0, 160)}\` |`,
    )
}
