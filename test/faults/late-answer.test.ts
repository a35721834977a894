import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { type Data, requestData, subscribe } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { ledgerFields } from './ledger.ts'

const query = `subscription ($input: BatchesInput!) { batches(input: $input) { ${ledgerFields} } }`
const publish = `mutation { insertEvents(input: { queue: "q", events: [{ type: "a" }] }) { eventIds }
  tick(input: { queue: "q", force: true }) { tickId } }`

/** Starts two gateways on one database, one of which can be late, and a group with a member on each. */
async function setUp() {
  const fixture = await createTestDatabase()
  const proxy = await startTcpProxy(fixture.url)
  const database = { connectionString: proxy.url }
  const late = await startTestServer({ fixture, database, ticker: false })
  const server = await startTestServer({ fixture, ticker: false })
  await requestData(server.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
  const client = await fixture.connect()
  await client.query(`select pgq_coop.register_subconsumer('q', 'group', 'm1')`)
  await client.end()
  const open = (url: string, subconsumer: string) => {
    const input = { queue: 'q', consumer: 'group', subconsumer, deadIntervalSeconds: 1, standby: false }
    return subscribe('SSE', url, query, { input })
  }
  return {
    proxy,
    publish: () => requestData(server.url, publish),
    openLate: () => open(late.url, 'm1'),
    /** Waits until the late member counts as dead, and takes over its batch. @returns the batch, settled. */
    async takeOver(): Promise<Data> {
      await using stream = open(server.url, 'm2')
      const { batches: taken } = await stream.nextData(10_000)
      const input = { batchId: taken.batchId, leaseToken: taken.leaseToken }
      const { finishBatch } = await requestData(
        server.url,
        'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }',
        { input },
      )
      expect(finishBatch.finished).toBe(true)
      return taken
    },
    async [Symbol.asyncDispose]() {
      await late[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

test('a batch that was opened so late that another member has it by now is not delivered', async () => {
  await using t = await setUp()
  const hold = t.proxy.hold('next-coop-batch')
  await using stream = t.openLate()
  const delivered = stream.nextData(20_000)
  delivered.catch(() => {})
  await hold.reached()
  await t.publish()
  hold.keepAnswers()
  await hold.reached()
  const taken = await t.takeOver()
  hold.release()
  await t.publish()
  expect((await delivered).batches.prevTickId).toBe(taken.tickId)
})

test('a batch that was lost before its events were read is one to ask again for, not the end', async () => {
  await using t = await setUp()
  await t.publish()
  const [events, hearts] = [t.proxy.hold('batch-events'), t.proxy.hold('touch-leases')]
  await using stream = t.openLate()
  const delivered = stream.next(20_000)
  delivered.catch(() => {})
  await events.reached()
  await hearts.reached()
  await t.takeOver()
  events.release()
  hearts.release()
  expect((await delivered).errors?.[0]?.extensions.code).toBe('UNAVAILABLE')
})
