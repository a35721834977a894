import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { startGateway } from '../support/gateway.ts'
import { request, requestData, subscribe } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { type Delivery, Ledger, ledgerFields } from './ledger.ts'

/** Two workers on the gateway that is going to die: one alone on a plain consumer, one member of a group. */
const kinds = [
  { consumer: 'alone', member: null, transport: 'SSE', opens: 'next-batch' },
  { consumer: 'group', member: 'one', transport: 'WebSocket', opens: 'next-coop-batch' },
] as const

const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'

interface Phase {
  name: string
  /** How far the gateway gets with opening and settling both batches. */
  opening: 'asked' | 'done' | 'answered'
  settling?: 'asked' | 'under way' | 'done'
  /** What a second attempt to settle, through another gateway, is told. */
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
]

const EVENTS = 20

test.each(phases.map((phase) => [phase.name, phase] as const))(
  'a gateway that is killed %s loses no event',
  async (_name, phase) => {
    await using fixture = await createTestDatabase()
    await using proxy = await startTcpProxy(fixture.url)
    await using survivor = await startTestServer({ fixture, ticker: false })
    await using victim = await startGateway(proxy.url, { args: ['--port', '0', '--no-ticker'] })
    const client = await fixture.connect()
    await using _client = { [Symbol.asyncDispose]: () => client.end() }
    const isOpen = async (count: number) =>
      (await client.query('select from pgq.subscription where sub_batch is not null')).rowCount === count
    const publish = async (count: number): Promise<string[]> => {
      const events = Array.from({ length: count }, (_, n) => ({ type: String(n) }))
      const { insertEvents } = await requestData(
        survivor.url,
        `mutation ($events: [EventInput!]!) { insertEvents(input: { queue: "q", events: $events }) { eventIds } }`,
        { events },
      )
      await requestData(survivor.url, 'mutation { tick(input: { queue: "q", force: true }) { tickId } }')
      for (const id of insertEvents.eventIds) ledger.acknowledged.add(id)
      return insertEvents.eventIds
    }
    const ledger = new Ledger(['alone', 'group'])
    const open = (url: string) =>
      kinds.map(({ consumer, member, transport }) => {
        const input = {
          queue: 'q',
          consumer,
          standby: true,
          ...(member && { subconsumer: member, deadIntervalSeconds: 1 }),
        }
        const query = `subscription ($input: BatchesInput!) { batches(input: $input) { ${ledgerFields} } }`
        const stream = subscribe(transport, url, query, { input })
        return {
          async next(): Promise<Delivery> {
            return ledger.receive(consumer, url, (await stream.nextData(10_000)).batches)
          },
          [Symbol.asyncDispose]: () => stream.stop(),
        }
      })
    const settle = async (url: string, delivery: Delivery): Promise<boolean> => {
      const input = { batchId: delivery.batchId, leaseToken: delivery.leaseToken }
      const { finishBatch } = await requestData(url, finish, { input })
      ledger.settle(delivery, 'finished')
      return finishBatch.finished
    }

    await requestData(survivor.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
    await client.query(`select pgq.register_consumer('q', 'alone')`)
    await client.query(`select pgq_coop.register_subconsumer('q', 'group', 'one')`)
    const openings = kinds.map(({ opens }) => proxy.hold(opens))
    const firstUrl = victim.url ?? ''
    const first = open(firstUrl)
    await using _first = { [Symbol.asyncDispose]: () => stopAll(first) }
    const deliveries: Promise<Delivery>[] = first.map((stream) => stream.next())
    for (const delivery of deliveries) delivery.catch(() => {})
    for (const opening of openings) await opening.reached()
    await publish(EVENTS)
    if (phase.opening === 'done') {
      for (const opening of openings) opening.keepAnswers()
      await until(() => isOpen(kinds.length), 'open batches')
      for (const opening of openings) await opening.reached()
    }
    const held: Delivery[] = []
    if (phase.opening === 'answered') {
      for (const opening of openings) opening.release()
      held.push(...(await Promise.all(deliveries)))
    }
    const lock = await fixture.connect()
    await using _lock = { [Symbol.asyncDispose]: () => lock.end() }
    if (phase.settling) {
      if (phase.settling === 'under way') await lock.query('begin; select from pgq.subscription for update')
      const settling = proxy.hold('finish-batch')
      for (const delivery of held) settle(firstUrl, delivery).catch(() => {})
      await settling.reached(kinds.length)
      if (phase.settling === 'done') {
        settling.keepAnswers()
        await until(() => isOpen(0), 'settled batches')
        await settling.reached(kinds.length)
      }
      if (phase.settling === 'under way') {
        settling.release()
        const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%finish_batch%'`
        await until(
          async () => (await client.query(waiting)).rowCount === kinds.length,
          'settlings under way',
        )
      }
    }

    ledger.fault('kill')
    await victim.kill()
    await lock.query('rollback')
    // The answer was never read: each tries again, through another gateway.
    if (phase.settling === 'under way') await until(() => isOpen(0), 'the end of what was under way')
    for (const delivery of phase.settling ? held : [])
      expect(await settle(survivor.url, delivery)).toBe(phase.finished)

    const second = open(survivor.url)
    await using _second = { [Symbol.asyncDispose]: () => stopAll(second) }
    const marks = await publish(1)
    for (const stream of second) {
      for (;;) {
        const delivery = await stream.next()
        await settle(survivor.url, delivery)
        if (delivery.eventIds.some((id) => marks.includes(id))) break
      }
    }
    await ledger.readCommitted(client)
    console.log(String(ledger))
    expect(ledger.violations()).toEqual([])
    expect(ledger.acknowledged.size).toBe(EVENTS + 1)
    for (const { consumer } of kinds) expect(ledger.repeated(consumer)).toBe(phase.comesAgain ? EVENTS : 0)
  },
)

async function stopAll(streams: readonly AsyncDisposable[]): Promise<void> {
  await Promise.allSettled(streams.map((stream) => stream[Symbol.asyncDispose]()))
}

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
  // It is known to stand by when it has asked and was refused.
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
    request(b, finish, {
      input: { batchId: batch.batchId, leaseToken: batch.leaseToken },
    })
  expect((await settle(held)).errors?.[0]?.extensions.code).toBe('STALE_LEASE')
  expect((await settle(taken)).data?.finishBatch.finished).toBe(true)
})
