import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { startCluster } from '../../test/support/cluster.ts'
import { startBare } from '../support/child.ts'
import { cpuMs } from '../support/cpu.ts'
import { memoryBytes } from '../support/process.ts'
import { Readers } from '../support/readers.ts'
import { report } from '../support/report.ts'
import { post, startServer } from '../support/server.ts'

/** See README.md. */
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const SUBSCRIBERS = Number(process.env.SUBSCRIBERS ?? 5_000)
const MESSAGES = Number(process.env.MESSAGES ?? 20)

await using cluster = await startCluster(18, { autovacuum: 'on' })
const database = new pg.Client({ connectionString: cluster.url })
await database.connect()

const query =
  'subscription { tail(queue: "q") { ... on TickBatch { tickId events { eventId data } isComplete } } }'
const bareQuery = 'subscription { tail { tickId events { eventId data } isComplete } }'
const data = JSON.stringify({ orderId: 12345, customer: 'someone', total: '99.95', items: [1, 2, 3] })
const payload = JSON.stringify({
  data: { tail: { tickId: '1234', events: [{ eventId: '5678', data }], isComplete: true } },
})

interface Cost {
  /** Microseconds of the server for each message at each subscriber. */
  cpuUs: number
  /** For each subscriber that is connected. */
  memoryKb: number
}

interface Subject {
  pid: number
  open(readers: Readers): Promise<void>
  send(): Promise<unknown>
}

async function measure({ pid, open, send }: Subject): Promise<Cost> {
  const readers = new Readers()
  const push = async () => {
    const received = readers.received(1)
    await send()
    await received
  }
  await delay(500)
  const before = memoryBytes(pid)
  await open(readers)
  await delay(1_000)
  // The first ones make what is made once.
  for (let n = 0; n < 5; n++) await push()
  const memory = memoryBytes(pid) - before
  const cpuBefore = await cpuMs(pid)
  for (let n = 0; n < MESSAGES; n++) await push()
  const cpu = (await cpuMs(pid)) - cpuBefore
  readers.close()
  return { cpuUs: (cpu * 1_000) / (MESSAGES * SUBSCRIBERS), memoryKb: memory / 1024 / SUBSCRIBERS }
}

type Transport = 'SSE' | 'WebSocket'

const opener = (transport: Transport, url: string, text: string) => (readers: Readers) =>
  transport === 'SSE'
    ? readers.openSse(url, text, SUBSCRIBERS)
    : readers.openWebSocket(url, text, SUBSCRIBERS)

async function measureGateway(transport: Transport): Promise<Cost> {
  await using gateway = await startServer(cluster.url)
  await post(gateway.url, 'mutation { createQueue(input: { name: "q" }) { created } }', {})
  const send = async () => {
    await database.query(`select pgq.insert_event('q', 'created', $1)`, [data])
    await database.query(`select pgq_gateway.tick('q', true)`)
  }
  return await measure({ pid: gateway.process.pid ?? 0, open: opener(transport, gateway.url, query), send })
}

async function measureBare(transport: Transport, path: string): Promise<Cost> {
  await using bare = await startBare(new URL('bare/writers.ts', import.meta.url), [])
  const send = () => fetch(`${bare.url}/send`, { method: 'POST', body: payload })
  const open = opener(transport, `${bare.url}${path}`, bareQuery)
  return await measure({ pid: bare.process.pid ?? 0, open, send })
}

const beside = [
  { transport: 'SSE', name: 'bare SSE', path: '/events' },
  { transport: 'SSE', name: "Yoga's createPubSub, SSE", path: '/graphql' },
  { transport: 'WebSocket', name: 'bare ws', path: '/' },
] as const
const questions = beside.flatMap(({ name }) => [
  { name: `${SUBSCRIBERS} tails beside ${name}: CPU`, unit: 'µs/message', rounds: [] as Round[] },
  { name: `${SUBSCRIBERS} tails beside ${name}: memory`, unit: 'kB/subscriber', rounds: [] as Round[] },
])

interface Round {
  bare: number
  gateway: number
}

for (let round = 0; round < ROUNDS; round++) {
  const costs = { SSE: await measureGateway('SSE'), WebSocket: await measureGateway('WebSocket') }
  for (const [index, { transport, path }] of beside.entries()) {
    const bare = await measureBare(transport, path)
    const gateway = costs[transport]
    questions[2 * index]?.rounds.push({ bare: bare.cpuUs, gateway: gateway.cpuUs })
    questions[2 * index + 1]?.rounds.push({ bare: bare.memoryKb, gateway: gateway.memoryKb })
  }
}
await database.end()
report(questions)
