import type { ChildProcess } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { startCluster } from '../../test/support/cluster.ts'
import { startBare } from '../support/child.ts'
import { cpuMs } from '../support/cpu.ts'
import { collectedMemory, memoryProbeArgs, residentBytes } from '../support/memory.ts'
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

/** Costs of the server for each subscriber. */
interface Cost {
  /** Processor time for each message. Microseconds. */
  cpuUs: number
  /** Growth of resident memory, after garbage collection. */
  residentKb: number
  /** Growth of memory reachable from JavaScript, with its buffers. */
  inUseKb: number
  /** Growth of resident memory right after subscribing, with uncollected garbage. */
  uncollectedKb: number
}

interface Subject {
  process: ChildProcess
  open(readers: Readers): Promise<void>
  send(): Promise<unknown>
}

async function measure({ process, open, send }: Subject): Promise<Cost> {
  const pid = process.pid ?? 0
  const readers = new Readers()
  const push = async () => {
    const received = readers.received(1)
    await send()
    await received
  }
  await delay(500)
  const before = await collectedMemory(process)
  await open(readers)
  await delay(1_000)
  // The first messages allocate what is made only once.
  for (let n = 0; n < 5; n++) await push()
  const uncollectedBytes = residentBytes(pid)
  const after = await collectedMemory(process)
  const cpuBefore = await cpuMs(pid)
  for (let n = 0; n < MESSAGES; n++) await push()
  const cpu = (await cpuMs(pid)) - cpuBefore
  readers.close()
  const kbEach = (bytes: number) => bytes / 1024 / SUBSCRIBERS
  return {
    cpuUs: (cpu * 1_000) / (MESSAGES * SUBSCRIBERS),
    residentKb: kbEach(after.residentBytes - before.residentBytes),
    inUseKb: kbEach(after.inUseBytes - before.inUseBytes),
    uncollectedKb: kbEach(uncollectedBytes - before.residentBytes),
  }
}

type Transport = 'SSE' | 'WebSocket'

const opener = (transport: Transport, url: string, text: string) => (readers: Readers) =>
  transport === 'SSE'
    ? readers.openSse(url, text, SUBSCRIBERS)
    : readers.openWebSocket(url, text, SUBSCRIBERS)

async function measureGateway(transport: Transport): Promise<Cost> {
  await using gateway = await startServer(cluster.url, memoryProbeArgs)
  await post(gateway.url, 'mutation { createQueue(input: { name: "q" }) { created } }', {})
  const send = async () => {
    await database.query(`select pgq.insert_event('q', 'created', $1)`, [data])
    await database.query(`select pgq_gateway.tick('q', true)`)
  }
  return await measure({ process: gateway.process, open: opener(transport, gateway.url, query), send })
}

async function measureBare(transport: Transport, path: string): Promise<Cost> {
  await using bare = await startBare(new URL('bare/writers.ts', import.meta.url), [], memoryProbeArgs)
  const send = () => fetch(`${bare.url}/send`, { method: 'POST', body: payload })
  const open = opener(transport, `${bare.url}${path}`, bareQuery)
  return await measure({ process: bare.process, open, send })
}

const beside = [
  { transport: 'SSE', name: 'bare SSE', path: '/events' },
  { transport: 'SSE', name: "Yoga's createPubSub, SSE", path: '/graphql' },
  { transport: 'WebSocket', name: 'bare ws', path: '/' },
] as const
const measures = [
  { key: 'cpuUs', name: 'CPU', unit: 'µs/message' },
  { key: 'residentKb', name: 'memory', unit: 'kB/subscriber' },
  { key: 'inUseKb', name: 'of that in use', unit: 'kB/subscriber' },
  { key: 'uncollectedKb', name: 'memory with garbage', unit: 'kB/subscriber' },
] as const
const rounds: { bare: Cost; gateway: Cost }[][] = beside.map(() => [])

for (let round = 0; round < ROUNDS; round++) {
  const costs = { SSE: await measureGateway('SSE'), WebSocket: await measureGateway('WebSocket') }
  for (const [index, { transport, path }] of beside.entries()) {
    rounds[index]?.push({ bare: await measureBare(transport, path), gateway: costs[transport] })
  }
}
await database.end()
report(
  beside.flatMap((subject, index) =>
    measures.map(({ key, name, unit }) => ({
      name: `${SUBSCRIBERS} tails beside ${subject.name}: ${name}`,
      unit,
      rounds: (rounds[index] ?? []).map(({ bare, gateway }) => ({ bare: bare[key], gateway: gateway[key] })),
    })),
  ),
)
