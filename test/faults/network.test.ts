import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../src/errors.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { request, requestData, subscribe, type Transport } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { type Delivery, Ledger, ledgerFields } from './ledger.ts'
import { startTraffic } from './traffic.ts'

/** Longer than a statement may take: here 1 s, and 5 s of patience. FAULT_DELAY_MS=30000 suits the defaults. */
const DELAY_MS = Number(process.env.FAULT_DELAY_MS ?? 7_000)
const STATEMENT_TIMEOUT_MS = DELAY_MS < 30_000 ? 1_000 : 30_000

/** Publishes by its own statement, which waits for no other. */
const publishOne = 'mutation { insertEvents(input: { queue: "q", events: [{ type: "x" }] }) { eventIds } }'

/** Starts a gateway under traffic whose connection to the database can break. */
async function setUp() {
  const fixture = await createTestDatabase()
  const proxy = await startTcpProxy(fixture.url)
  const database = { connectionString: proxy.url, statementTimeoutMs: STATEMENT_TIMEOUT_MS }
  const server = await startTestServer({ fixture, database })
  const traffic = await startTraffic({ urls: () => [server.url], databaseUrl: fixture.url })
  return {
    proxy,
    traffic,
    url: server.url,
    readiness: async () => (await fetch(new URL('/health/ready', server.url))).status,
    publish: () => request(server.url, publishOne),
    async [Symbol.asyncDispose]() {
      await traffic[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

// These tests mostly wait, so they run at the same time.
describe.concurrent('between a gateway and its database, a network', {
  timeout: 60_000 + 6 * DELAY_MS,
}, () => {
  test('that resets all connections interrupts nothing for long', async () => {
    await using t = await setUp()
    for (let n = 0; n < 5; n++) {
      const over = t.traffic.ledger.fault('reset')
      t.proxy.reset()
      await t.traffic.flows(10_000)
      over()
    }
    await t.traffic.finish()
  })

  test('that is cut without a word makes it not ready, and costs nothing once it is mended', async () => {
    await using t = await setUp()
    const over = t.traffic.ledger.fault('stall')
    t.proxy.stall()
    await until(async () => (await t.readiness()) === 503, 'the end of readiness', { timeoutMs: 15_000 })
    const refused = await t.publish()
    expect(['UNAVAILABLE', 'TIMEOUT']).toContain(refused.errors?.[0]?.extensions.code)
    // PostgreSQL gives up a cut connection too, once its keepalive gets no answer.
    t.proxy.bury()
    t.proxy.resume()
    await t.traffic.flows(30_000)
    over()
    expect(await t.readiness()).toBe(200)
    await t.traffic.finish()
  })

  test('that is late by more than a statement may take makes it fail for that time, and costs nothing', async () => {
    await using t = await setUp()
    const over = t.traffic.ledger.fault('delay')
    t.proxy.delay(DELAY_MS)
    const startedAt = performance.now()
    const refused = await t.publish()
    expect(['UNAVAILABLE', 'TIMEOUT']).toContain(refused.errors?.[0]?.extensions.code)
    expect(performance.now() - startedAt).toBeLessThan(STATEMENT_TIMEOUT_MS + 15_000)
    await until(async () => (await t.readiness()) === 503, 'the end of readiness', { timeoutMs: 15_000 })
    t.proxy.delay(0)
    await t.traffic.flows(30_000 + 2 * DELAY_MS)
    over()
    await t.traffic.finish()
  })
})

/** Ping interval, shorter than the default of 12 s. */
const PING_MS = 3_000
/** Time of two pings, doubled for a busy machine. */
const HALF_OPEN_MS = 4 * PING_MS

describe.concurrent('a worker whose connection is dead and not closed', { timeout: 60_000 }, () => {
  test.each(['WebSocket'] satisfies Transport[])(
    'over %s loses its batch to another in time',
    async (transport) => {
      await using fixture = await createTestDatabase()
      await using server = await startTestServer({ fixture, socketPingMs: PING_MS })
      await using proxy = await startTcpProxy(server.url)
      const client = await fixture.connect()
      await using _client = { [Symbol.asyncDispose]: () => client.end() }
      await requestData(server.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
      await client.query(`select pgq.register_consumer('q', 'shared')`)
      await client.query(`select pgq_coop.register_subconsumer('q', 'group', 'm1')`)
      const ledger = new Ledger(['shared', 'group'])
      const settle = async (delivery: Delivery): Promise<ErrorCode | boolean> => {
        const input = { batchId: delivery.batchId, leaseToken: delivery.leaseToken }
        const { data, errors } = await request(server.url, finish, { input })
        ledger.settle(delivery, data ? 'finished' : 'stale')
        return errors?.[0]?.extensions.code ?? data?.finishBatch.finished
      }
      /** Opens a stream and settles what it gives, until it gives a batch with events. */
      const work = (url: string, input: { consumer: string; subconsumer?: string }) => {
        const query = `subscription ($input: BatchesInput!) { batches(input: $input) { ${ledgerFields} } }`
        const standby = input.subconsumer === undefined
        const stream = subscribe(transport, url, query, {
          input: { queue: 'q', deadIntervalSeconds: 1, standby, ...input },
        })
        return {
          async nextEvents(): Promise<Delivery> {
            for (;;) {
              const { batches } = await stream.nextData(HALF_OPEN_MS)
              const delivery = ledger.receive(input.consumer, url, batches)
              if (delivery.eventIds.length > 0) return delivery
              expect(await settle(delivery)).toBe(true)
            }
          },
          [Symbol.asyncDispose]: () => stream.stop(),
        }
      }

      await using deadHolder = work(proxy.url, { consumer: 'shared' })
      await using deadMember = work(proxy.url, { consumer: 'group', subconsumer: 'm1' })
      await requestData(server.url, publishOne)
      const lost = await Promise.all([deadHolder.nextEvents(), deadMember.nextEvents()])
      ledger.fault('half-open')
      proxy.stall()
      await using holder = work(server.url, { consumer: 'shared' })
      await using member = work(server.url, { consumer: 'group', subconsumer: 'm2' })
      const taken = await Promise.all([holder.nextEvents(), member.nextEvents()])
      for (const delivery of lost) expect(await settle(delivery)).toBe('STALE_LEASE')
      for (const delivery of taken) expect(await settle(delivery)).toBe(true)
      await ledger.readCommitted(client)
      expect(ledger.violations()).toEqual([])
    },
  )
})

const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'
