import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import WebSocket from 'ws'
import { startCluster } from '../../test/support/cluster.ts'
import { post, startServer } from '../support/server.ts'

/** Counts in PostgreSQL's log the statements that 10,000 idle subscribers of each kind cause between ticks. */
const SUBSCRIBERS = 10_000
const QUEUES = 100
const SOCKETS = 50
const WINDOW_MS = 5_000
/** Time without a statement of a subscriber after which those of the last tick are taken to be over. */
const QUIET_MS = 3_000

await using cluster = await startCluster(18)
const client = new pg.Client({ connectionString: cluster.url })
await client.connect()
// The application's name tells which part of the gateway sent a statement.
await client.query(`alter system set log_line_prefix = '%a|'`)
await client.query(`alter system set log_statement = 'all'`)
await client.query('select pg_reload_conf()')
await using server = await startServer(cluster.url)
const ask = (query: string) => post(server.url, query, {})
for (let n = 0; n < QUEUES; n++) {
  await ask(`mutation { createQueue(input: { name: "q${n}", tickerIdlePeriodSeconds: 3600 }) { created }
    registerConsumer(input: { queue: "q${n}", consumer: "c" }) { registered } }`)
}
const kinds = [
  (queue: string) => `tail(queue: "${queue}") { __typename }`,
  (queue: string) => `ticks(queue: "${queue}") { __typename }`,
  (queue: string) => `batchAvailable(queue: "${queue}", consumer: "c") { tickId }`,
  (queue: string) =>
    `batches(input: { queue: "${queue}", consumer: "c", standby: true }) { batchId leaseToken }`,
  (queue: string, n: number) =>
    `batches(input: { queue: "${queue}", consumer: "g", subconsumer: "m${n}", deadIntervalSeconds: 2 }) { batchId leaseToken }`,
]
const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'
const sockets: WebSocket[] = []
for (let s = 0; s < SOCKETS; s++) {
  const socket = new WebSocket(server.url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  sockets.push(socket)
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(JSON.stringify({ type: 'connection_init' }))
  await new Promise((resolve) => socket.once('message', resolve))
  socket.on('message', (text) => {
    const { type, payload } = JSON.parse(String(text))
    if (type === 'error') throw new Error(String(text))
    // A subscriber with a batch is not idle, so it settles it; this fails for a batch that another member took over.
    if (payload?.data?.batches) void post(server.url, finish, { input: payload.data.batches }).catch(() => {})
  })
  for (let n = s; n < SUBSCRIBERS; n += SOCKETS) {
    const kind = kinds[Math.floor(n / QUEUES) % kinds.length]
    const query = `subscription { ${kind?.(`q${n % QUEUES}`, n)} }`
    socket.send(JSON.stringify({ id: String(n), type: 'subscribe', payload: { query } }))
  }
}

/** Counts the statements so far, by the part of the gateway that sent them. */
async function counts(): Promise<Map<string, number>> {
  const log = await readFile(join(dirname(cluster.dataDirectory), 'log'), 'utf8')
  const found = new Map<string, number>()
  for (const [, sender = '', name] of log.matchAll(
    /^pgq-graphql\/(\w+)[^|]*\|LOG: {2}(?:statement|execute ([\w-]+))/gm,
  )) {
    // The look for missed ticks is one for all subscribers, and comes with the heartbeat.
    const part = name === 'current_ticks' ? 'listen' : sender
    found.set(part, (found.get(part) ?? 0) + 1)
  }
  return found
}

const ofSubscribers = (found: Map<string, number>) =>
  ['reader', 'writer', 'admin'].reduce((sum, part) => sum + (found.get(part) ?? 0), 0)

const lastTick = async () =>
  String((await client.query('select max(tick_time)::text at from pgq.tick')).rows[0].at)

/** Waits until no tick was made, and no statement sent because of one, for a while. */
async function untilQuiet(): Promise<void> {
  let last = ''
  for (let since = performance.now(); performance.now() - since < QUIET_MS; await delay(500)) {
    const seen = `${await lastTick()} ${ofSubscribers(await counts())}`
    if (seen === last) continue
    last = seen
    since = performance.now()
  }
}

// A queue without events is ticked at growing intervals (3 s, 6 s, …), and a tick is news for its subscribers.
let before: Map<string, number>
let after: Map<string, number>
for (;;) {
  await untilQuiet()
  const tick = await lastTick()
  before = await counts()
  await delay(WINDOW_MS)
  after = await counts()
  if ((await lastTick()) === tick) break
}
await client.end()
const during = (part: string) => (after.get(part) ?? 0) - (before.get(part) ?? 0)
console.log(
  `| ${SUBSCRIBERS} idle subscribers on ${QUEUES} queues, over ${WINDOW_MS / 1000} s without a tick | statements |\n| --- | --- |`,
)
console.log(`| of the subscribers | **${ofSubscribers(after) - ofSubscribers(before)}** |`)
console.log(`| of the listening connection (heartbeat, look for missed ticks) | ${during('listen')} |`)
console.log(
  `| of the ticker, with or without subscribers | ${[...after.keys()].filter((part) => !['reader', 'writer', 'admin', 'listen', 'install'].includes(part)).reduce((sum, part) => sum + during(part), 0)} |`,
)
for (const socket of sockets) socket.terminate()
