import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { listen, post } from '../support/server.ts'
import { quantile } from '../support/statistics.ts'
import { type Arena, queues } from './arena.ts'
import { sizes } from './sizes.ts'
import type { Row } from './table.ts'

interface Delivered {
  batches: { batchId: string; leaseToken: string; events: { data: string }[] }
}

const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'

/** How long does an event take from its commit at a source to the target's `batches` stream? */
export async function measureLatency(arena: Arena): Promise<Row[]> {
  await using gateway = await arena.startGateway()
  const connect = (url: string) => new pg.Pool({ connectionString: url, application_name: 'bench', max: 1 })
  const clients = arena.shardUrls.map(connect)
  await Promise.all(clients.map((client) => client.query('select')))
  const committedAt = new Map<string, number>()
  const receivedAt = new Map<string, number>()
  const settling: Promise<unknown>[] = []
  const streams = []
  for (const queue of queues) {
    const input = { queue, consumer: 'bench' }
    await post(
      gateway.url,
      'mutation ($input: RegisterConsumerInput!) { registerConsumer(input: $input) { registered } }',
      { input },
    )
    const query = `subscription { batches(input: { queue: "${queue}", consumer: "bench" }) { batchId leaseToken events { data } } }`
    streams.push(
      listen(gateway.url, query, (message) => {
        const { events, ...batch } = (message as unknown as Delivered).batches
        for (const { data } of events) receivedAt.set(data, performance.now())
        settling.push(post(gateway.url, finish, { input: batch }))
      }),
    )
  }
  const count = sizes.seconds * sizes.eventsPerSecond
  const insert = async (number: number) => {
    const client = clients[Math.floor(Math.random() * clients.length)]
    const queue = queues[number % queues.length]
    const data = `event ${number}`
    await client?.query(`select pgq.insert_event($1, 'created', $2)`, [queue, data])
    committedAt.set(data, performance.now())
  }
  // What comes first finds everything idle.
  const startedAt = performance.now()
  const inserts: Promise<void>[] = []
  for (let number = 0; number < count; number++) {
    await delay(startedAt + (number * 1_000) / sizes.eventsPerSecond - performance.now())
    inserts.push(insert(number))
  }
  await Promise.all(inserts)
  const deadline = performance.now() + 30_000
  while (receivedAt.size < count && performance.now() < deadline) await delay(50)
  for (const stream of streams) stream.close()
  await Promise.allSettled(settling)
  await Promise.all(clients.map((client) => client.end()))
  if (receivedAt.size < count) throw new Error(`${count - receivedAt.size} events have not come`)
  const latencies = [...committedAt].map(([data, at]) => (receivedAt.get(data) ?? Number.NaN) - at)
  const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)]
  return [
    {
      question: `from source to \`batches\`, ${sizes.eventsPerSecond} events/s over all`,
      measured: `p50 ${p50.toFixed()} ms, p99 ${p99.toFixed()} ms`,
      beside: '',
      target: 'p50 < 150 ms, p99 < 500 ms',
      isMet: p50 < 150 && p99 < 500,
    },
  ]
}
