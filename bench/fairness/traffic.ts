import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Connection, postBytes } from '../support/connection.ts'
import { listen, post } from '../support/server.ts'
import { busyQueues, CONSUMERS_PER_BUSY_QUEUE, LOCKED_CONSUMERS } from './queues.ts'

/** Loads a gateway in one way until its input ends, and then prints how many requests were answered. See README.md. */
const [kind = '', url = ''] = process.argv.slice(2)

let isOver = false
let answered = 0
const end = once(process.stdin.resume(), 'end').then(() => {
  isOver = true
})

/** Keeps requests under way. An answer may be that the database is busy. */
async function keep(inFlight: number, next: (n: number) => Buffer): Promise<void> {
  const connections: Connection[] = []
  // A listener's backlog is short.
  while (connections.length < inFlight) {
    const count = Math.min(100, inFlight - connections.length)
    connections.push(...(await Promise.all(Array.from({ length: count }, () => Connection.open(url)))))
  }
  const work = async (connection: Connection, n: number) => {
    while (!isOver) {
      const answer = await connection.send(next(n)).then(String, String)
      if (isOver) return
      if (answer.includes('"errors"') && !/"(UNAVAILABLE|TIMEOUT)"/.test(answer)) throw new Error(answer)
      answered++
    }
  }
  await Promise.race([end, Promise.all(connections.map(work))])
  for (const connection of connections) connection.close()
}

const event = {
  type: 'created',
  data: JSON.stringify({ orderId: 12345, customer: 'someone', total: '99.95' }),
}
const insertOne = (queue: string) =>
  postBytes(url, {
    query: 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }',
    variables: { input: { queue, ...event } },
  })
const insertMany = (queue: string) =>
  postBytes(url, {
    query: 'mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }',
    variables: { input: { queue, events: Array.from({ length: 1_000 }, () => event) } },
  })
const openBatch = (consumer: string) =>
  postBytes(url, {
    query: `mutation ($input: NextBatchInput!) {
      nextBatch(input: $input) { batch { events { data } } } }`,
    variables: { input: { queue: 'locked', consumer } },
  })
const list = postBytes(url, {
  query: `{ queues(first: 1000) { nodes { name tickerLagSeconds consumers(first: 10) { nodes { name lagSeconds pendingEvents } } } } }`,
})

/** Consumes by 200 streams, and publishes to their queues. */
async function consume(): Promise<void> {
  const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'
  const streams = busyQueues.flatMap((queue) =>
    Array.from({ length: CONSUMERS_PER_BUSY_QUEUE }, (_, n) =>
      listen(
        url,
        `subscription { batches(input: { queue: "${queue}", consumer: "c${n}", standby: true }) { batchId leaseToken events { data } } }`,
        ({ batches }) => {
          const { batchId, leaseToken } = batches as { batchId: string; leaseToken: string }
          answered++
          post(url, finish, { input: { batchId, leaseToken } }).catch(() => {})
        },
      ),
    ),
  )
  const publish = 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }'
  while (!isOver) {
    for (const queue of busyQueues) void post(url, publish, { input: { queue, ...event } }).catch(() => {})
    await Promise.race([delay(500), end])
  }
  for (const stream of streams) stream.close()
}

const ways: Record<string, () => Promise<unknown>> = {
  locked: () => {
    const requests = [insertOne('locked'), insertMany('locked'), ...LOCKED_CONSUMERS.map(openBatch)]
    return keep(64, (n) => requests[n % requests.length] ?? list)
  },
  lists: () => keep(8, () => list),
  'large publishing': () => {
    const request = insertMany('storm')
    return keep(64, () => request)
  },
  'small publishing': () => {
    const request = insertOne('storm')
    return keep(1_000, () => request)
  },
  consumers: consume,
}
await ways[kind]?.()
console.log(answered)
process.exit()
