import { expect, test } from 'vitest'
import { createPgqServer } from '../../src/server/server.ts'
import { startCluster } from '../support/cluster.ts'
import { until } from '../support/deadline.ts'
import { type Data, request, requestData, subscribe, transports } from '../support/graphql.ts'
import { testLogger } from '../support/logger.ts'

/** Starts a server on its own PostgreSQL, which can be stopped. */
async function setUp() {
  const cluster = await startCluster(18, { synchronous_commit: 'on' })
  const { url, [Symbol.asyncDispose]: close } = await serverOn(cluster.url)
  const readiness = async () => {
    const response = await fetch(new URL('/health/ready', url))
    return { status: response.status, body: (await response.json()) as Data }
  }
  return {
    cluster,
    url,
    readiness,
    becomeReady: () =>
      until(async () => (await readiness()).status === 200, 'readiness', { timeoutMs: 20_000 }),
    async [Symbol.asyncDispose]() {
      await close()
      await cluster[Symbol.asyncDispose]()
    },
  }
}

const publish = 'mutation ($type: String!) { insertEvent(input: { queue: "q", type: $type }) { eventId } }'
const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'

test('a database that is down at the start is UNAVAILABLE and not ready, and is used once it is there', async () => {
  await using t = await setUp()
  await t.becomeReady()
  await t.cluster.stop('fast')
  await using late = await serverOn(t.cluster.url)
  expect((await fetch(new URL('/health/live', late.url))).status).toBe(200)
  expect((await fetch(new URL('/health/ready', late.url))).status).toBe(503)
  const refused = await request(late.url, '{ queues { edges { node { name } } } }')
  expect(refused.errors?.[0]?.extensions.code).toBe('UNAVAILABLE')
  await t.cluster.start()
  await until(async () => (await fetch(new URL('/health/ready', late.url))).status === 200, 'readiness', {
    timeoutMs: 20_000,
  })
  expect(await requestData(late.url, '{ queues { edges { node { name } } } }')).toEqual({
    queues: { edges: [] },
  })
})

async function serverOn(connectionString: string) {
  const server = createPgqServer({
    databases: [{ name: 'main', connectionString, engine: 'sql' }],
    host: '127.0.0.1',
    port: 0,
    logger: testLogger(),
  })
  const { url } = await server.listen()
  return { url, [Symbol.asyncDispose]: () => server.close() }
}

test.each(transports)(
  'streams over %s outlive a database that is killed, and lose nothing',
  async (transport) => {
    await using t = await setUp()
    await t.becomeReady()
    await requestData(
      t.url,
      'mutation { createQueue(input: { name: "q" }) { created } registerConsumer(input: { queue: "q", consumer: "c" }) { registered } }',
    )
    await using tail = subscribe(
      transport,
      t.url,
      'subscription { tail(queue: "q", after: 1) { ... on TickBatch { events { type } } ... on Gap { reason } } }',
    )
    await using batches = subscribe(
      transport,
      t.url,
      'subscription { batches(input: { queue: "q", consumer: "c" }) { batchId leaseToken events { type } } }',
    )
    const tailed: string[] = []
    const consumed: string[] = []
    const readTail = async () => {
      const { tail: message } = await tail.nextData(20_000)
      expect(message.reason).toBeUndefined()
      tailed.push(...message.events.map((event: Data) => event.type))
    }
    const settle = async (batch: Data) => {
      const input = { batchId: batch.batchId, leaseToken: batch.leaseToken }
      await requestData(t.url, finish, { input })
      consumed.push(...batch.events.map((event: Data) => event.type))
    }
    const consume = async () => settle((await batches.nextData(20_000)).batches)

    await requestData(t.url, publish, { type: 'before' })
    while (!tailed.includes('before')) await readTail()
    while (!consumed.includes('before')) await consume()
    await requestData(t.url, publish, { type: 'open' })
    let open: Data
    do {
      open = (await batches.nextData(20_000)).batches
      if (open.events.length === 0) await settle(open)
    } while (open.events.length === 0)

    await t.cluster.kill()
    const refused = await request(t.url, publish, { type: 'never' })
    expect(refused.errors?.[0]?.extensions.code).toBe('UNAVAILABLE')
    await until(async () => (await t.readiness()).status === 503, 'the end of readiness', {
      timeoutMs: 15_000,
    })
    await t.cluster.start()
    await t.becomeReady()

    await requestData(t.url, publish, { type: 'after' })
    // The batch that was open during the crash is still this worker's.
    await settle(open)
    while (!consumed.includes('after')) await consume()
    while (!tailed.includes('after')) await readTail()
    expect(tailed).toEqual(['before', 'open', 'after'])
    expect(consumed).toEqual(['before', 'open', 'after'])
  },
)
