import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { startGateway } from '../support/gateway.ts'
import { request, requestData, subscribe } from '../support/graphql.ts'
import { kinds, startDoomedGateway } from './doomed-gateway.ts'

interface Phase {
  name: string
  /** Point that the gateway reaches in opening and settling both batches. */
  opening: 'asked' | 'done' | 'answered'
  settling?: 'asked' | 'under way' | 'done'
  /** Another batch is ready when they are settled. */
  hasMore?: boolean
  /** Answer to a second attempt to settle, through another gateway. */
  finished?: boolean
  /** Whether the batches are delivered again. */
  comesAgain: boolean
}

const phases: Phase[] = [
  { name: 'before it opens a batch', opening: 'asked', comesAgain: false },
  { name: 'when a batch is opened and not delivered', opening: 'done', comesAgain: false },
  { name: 'when a batch is delivered', opening: 'answered', comesAgain: true },
  {
    name: 'before it settles a batch',
    opening: 'answered',
    settling: 'asked',
    finished: true,
    comesAgain: false,
  },
  {
    name: 'while it settles a batch',
    opening: 'answered',
    settling: 'under way',
    finished: false,
    comesAgain: false,
  },
  {
    name: 'when a batch is settled, before the answer comes',
    opening: 'answered',
    settling: 'done',
    finished: false,
    comesAgain: false,
  },
  {
    name: 'when a batch is settled and the next one opened, before the answer comes',
    opening: 'answered',
    settling: 'done',
    hasMore: true,
    finished: false,
    comesAgain: false,
  },
]

const EVENTS = 20

test.each(phases.map((phase) => [phase.name, phase] as const))(
  'a gateway that is killed %s loses no event',
  async (_name, { opening, settling, hasMore = false, finished, comesAgain }) => {
    await using gateway = await startDoomedGateway()
    const { ledger, survivorUrl } = gateway
    const held = await gateway.openBatches(EVENTS, opening)
    const more = hasMore ? await gateway.publish(EVENTS) : []
    if (settling) await gateway.settleBatches(held, settling, { hasMore })
    await gateway.kill()
    // Workers without an answer try again through another gateway.
    if (settling) {
      for (const delivery of held) expect(await gateway.settle(survivorUrl, delivery)).toBe(finished)
    }
    const marks = await gateway.publish(1)
    for (const stream of gateway.openStreams(survivorUrl)) {
      for (;;) {
        const delivery = await stream.next()
        await gateway.settle(survivorUrl, delivery)
        if (delivery.eventIds.some((id) => marks.includes(id))) break
      }
    }
    await gateway.readCommitted()
    expect(ledger.violations()).toEqual([])
    expect(ledger.acknowledged.size).toBe(EVENTS + more.length + marks.length)
    for (const { consumer } of kinds) expect(ledger.repeated(consumer)).toBe(comesAgain ? EVENTS : 0)
  },
)

test('a standby in another gateway takes over within a second of the death of its holder', async () => {
  await using fixture = await createTestDatabase()
  await using first = await startGateway(fixture.url)
  await using second = await startGateway(fixture.url)
  const [a = '', b = ''] = [first.url, second.url]
  await requestData(
    a,
    'mutation { createQueue(input: { name: "q" }) { created } registerConsumer(input: { queue: "q", consumer: "c" }) { registered } }',
  )
  const query = `subscription { batches(input: { queue: "q", consumer: "c", standby: true }) { batchId leaseToken events { type } } }`
  await using holder = subscribe('SSE', a, query)
  await requestData(b, 'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }')
  const held = (await holder.nextData()).batches
  await using standby = subscribe('WebSocket', b, query)
  const waiting = standby.nextData()
  waiting.catch(() => {})
  const client = await fixture.connect()
  // A gateway stands by once it has asked for the lock and was refused.
  const looks = `select from pg_stat_activity
    where query like '%dead_gateways%' and datname = current_database() and pid <> pg_backend_pid()`
  await until(async () => (await client.query(looks)).rowCount !== 0, 'the look for the holder')
  await client.end()
  const killedAt = performance.now()
  await first.kill()
  const taken = (await waiting).batches
  expect(performance.now() - killedAt).toBeLessThan(1_000)
  expect(taken.batchId).toBe(held.batchId)
  const settle = (batch: typeof held) =>
    request(b, 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }', {
      input: { batchId: batch.batchId, leaseToken: batch.leaseToken },
    })
  expect((await settle(held)).errors?.[0]?.extensions.code).toBe('STALE_LEASE')
  expect((await settle(taken)).data?.finishBatch.finished).toBe(true)
})
