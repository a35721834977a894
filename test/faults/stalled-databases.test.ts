import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { createPgqServer, type PgqServer } from '../../src/server/server.ts'
import { startCluster, type TestCluster } from '../support/cluster.ts'
import { until } from '../support/deadline.ts'
import { requestData } from '../support/graphql.ts'
import { testLogger } from '../support/logger.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const COUNT = 60
const STALLED_COUNT = 20

const nameOf = (index: number) => (index === 0 ? 'main' : `shard_${index}`)
const names = Array.from({ length: COUNT }, (_, index) => nameOf(index))

let cluster: TestCluster
let proxy: TcpProxy

beforeAll(async () => {
  cluster = await startCluster(18, { max_connections: '400' })
  proxy = await startTcpProxy(cluster.url)
  await withClient(cluster.url, (client) => client.query('create database prepared'))
  await withClient(urlOf('prepared'), async (client) => {
    await installEngine(client, { engine: 'sql' })
    await client.query(`select pgq.create_queue('q')`)
  })
  await withClient(cluster.url, async (client) => {
    for (const name of names)
      await client.query(`create database ${name} template prepared strategy file_copy`)
  })
}, 120_000)

afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

function urlOf(name: string, server = cluster.url): string {
  return new URL(`/${name}`, server).href
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

/** Every third database is reached through the proxy. */
const isBehind = (index: number) => index % 3 === 1

async function startFleet(): Promise<PgqServer & { url: string }> {
  const server = createPgqServer({
    host: '127.0.0.1',
    port: 0,
    logger: testLogger(),
    databases: names.map((name, index) => ({
      name,
      connectionString: urlOf(name, isBehind(index) ? proxy.url : cluster.url),
      engine: 'sql',
      maxConnectionsPerRole: 2,
    })),
  })
  const { url } = await server.listen()
  return Object.assign(server, { url })
}

function readyNames({ gateway }: PgqServer): string[] {
  return gateway
    .health()
    .databases.filter(({ reasons }) => reasons.length === 0)
    .map(({ name }) => name)
}

/** Publishes to each of some databases, one after another. @returns The median of the times. Milliseconds. */
async function medianOfPublishing(url: string, indexes: readonly number[]): Promise<number> {
  const times: number[] = []
  for (const index of indexes) {
    const startedMs = performance.now()
    await requestData(
      url,
      'mutation ($database: String!) { insertEvent(input: { database: $database, queue: "q", type: "t" }) { eventId } }',
      { database: nameOf(index) },
    )
    times.push(performance.now() - startedMs)
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}

test('databases that stall delay no other, from the start and later', async () => {
  const direct = names.flatMap((_, index) => (isBehind(index) ? [] : [index]))
  expect(COUNT - direct.length).toBe(STALLED_COUNT)
  proxy.stall()
  const startedMs = performance.now()
  const server = await startFleet()
  try {
    await until(() => readyNames(server).includes('main'), 'readiness of main', { timeoutMs: 10_000 })
    const firstMs = performance.now() - startedMs
    expect(server.gateway.health().isReady).toBe(true)
    const describe = () => `(${readyNames(server).length} of ${direct.length})`
    await until(() => readyNames(server).length === direct.length, 'readiness', {
      timeoutMs: 30_000,
      describe,
    })
    const allMs = performance.now() - startedMs
    console.info(
      `The first database was ready after ${firstMs.toFixed()} ms, all that answer after ${allMs.toFixed()}`,
    )
    const whileStalledMs = await medianOfPublishing(server.url, direct)

    const resumedMs = performance.now()
    // Those that stalled come by themselves, and then it is as quick with all.
    proxy.resume()
    proxy.bury()
    await until(() => readyNames(server).length === COUNT, 'readiness of all', { timeoutMs: 60_000 })
    console.info(`Those that stalled are ready ${(performance.now() - resumedMs).toFixed()} ms later`)
    const calmMs = await medianOfPublishing(server.url, direct)
    proxy.stall()
    const againMs = await medianOfPublishing(server.url, direct)
    const ratios = [whileStalledMs, againMs].map((ms) => ms / calmMs)
    console.info(
      `Publishing while ${STALLED_COUNT} stall takes ${ratios.map((ratio) => ratio.toFixed(2)).join(' and ')} of the calm time`,
    )
    // A wait for a stalled one would take seconds.
    expect(Math.max(...ratios)).toBeLessThan(20)
    expect(readyNames(server)).toEqual(expect.arrayContaining(direct.map(nameOf)))
  } finally {
    proxy.cut()
    proxy.resume()
    await server.close()
  }
}, 180_000)
