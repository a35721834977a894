import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { createLeaseLog } from './lease-log.ts'
import { Ledger } from './ledger.ts'

/** Makes the batch that ends with the tick; tick 2 has the events 21 and 22. */
const batch = (tick: number, leaseToken: string, eventIds = [`${tick}1`, `${tick}2`]) => ({
  batchId: `b${tick}`,
  leaseToken,
  prevTickId: String(tick - 1),
  tickId: String(tick),
  events: eventIds.map((eventId) => ({ eventId })),
})

function ledgerWith(
  given: readonly { batch: ReturnType<typeof batch>; outcome?: 'finished' | 'stale' }[],
): Ledger {
  const ledger = new Ledger(['c'])
  ledger.commit(['11', '12', '21', '22'])
  for (const { batch, outcome } of given) {
    const delivery = ledger.receive('c', 'w', batch)
    delivery.sentAt = performance.now()
    if (outcome) ledger.settle(delivery, outcome)
  }
  return ledger
}

const first = { batch: batch(1, 'x'), outcome: 'finished' } as const
const second = { batch: batch(2, 'y'), outcome: 'finished' } as const

test('a ledger is content with each event in one batch, settled once', () => {
  const ledger = ledgerWith([first, second])
  expect(ledger.violations()).toEqual([])
  expect(ledger.isComplete).toBe(true)
  expect(String(ledger)).toContain('c: 4 events settled, 0 repeated, 0 missing')
})

test.each([
  ['events that no settled batch had', [first], 'c misses 21, 22'],
  ['a batch that nobody settled', [first, { batch: batch(2, 'y') }], 'c misses 21, 22'],
  [
    'an event that was never committed',
    [first, { ...second, batch: batch(2, 'y', ['21', '22', '23']) }],
    'c was given what was never committed: 23',
  ],
  [
    'an event that is in two batches',
    [first, { ...second, batch: batch(2, 'y', ['21', '22', '12']) }],
    'c was given in several batches: 12',
  ],
  [
    'a batch that was not whole at first',
    [first, { batch: batch(2, 'y', ['21']), outcome: 'stale' }, second],
    'the batch of c up to tick 2 was not the same at each delivery: ticks 1 to 2: 21 / ticks 1 to 2: 21 22',
  ],
  [
    'a batch that came again for no reason',
    [first, { batch: batch(2, 'x'), outcome: 'stale' }, second],
    'the batch of c up to tick 2 came again to w after w, without a fault',
  ],
  [
    'a batch that was settled under two leases',
    [first, { ...second, batch: batch(2, 'x') }, second],
    'the batch of c up to tick 2 was settled under two leases',
  ],
  [
    'ticks that are left out',
    [first, { batch: batch(3, 'y', ['21', '22']), outcome: 'finished' }],
    'c went from tick 1 to 2',
  ],
] as const)('a ledger tells of %s', (_what, given, problem) => {
  expect(ledgerWith(given).violations()).toContain(problem)
})

test('a ledger allows a batch to come again when a fault met it while it was open, and not after it was settled', () => {
  const ledger = ledgerWith([first])
  ledger.settle(ledger.receive('c', 'w', batch(2, 'x')), 'stale')
  const over = ledger.fault('kill')
  ledger.settle(ledger.receive('c', 'w', batch(2, 'y')), 'finished')
  over()
  expect(ledger.violations()).toEqual([])
  ledger.receive('c', 'w', batch(2, 'z'))
  expect(ledger.violations()).toEqual([
    'the batch of c up to tick 2 came again to w after w, without a fault',
  ])
})

test('a ledger goes by the order of the leases, whatever the order in which their batches come', async () => {
  await using fixture = await createTestDatabase()
  const client = await fixture.connect()
  await using _client = { [Symbol.asyncDispose]: () => client.end() }
  await client.query(createLeaseLog)
  const [x, y] = [randomUUID(), randomUUID()]
  const check = async (tokens: readonly string[]) => {
    const ledger = ledgerWith([first])
    const over = ledger.fault('delay')
    await client.query('truncate pgq_gateway.lease, lease_log')
    for (const token of tokens) {
      await client.query(
        `insert into pgq_gateway.lease (queue_id, consumer_id, batch_id, token) values (1, 1, 1, $1)
           on conflict (queue_id, consumer_id) do update set token = excluded.token`,
        [token],
      )
    }
    over()
    const heir = ledger.receive('c', 'heir', batch(2, y))
    const late = ledger.receive('c', 'w', batch(2, x))
    heir.sentAt = performance.now()
    ledger.settle(heir, 'finished')
    ledger.settle(late, 'stale')
    await ledger.readLeases(client)
    return ledger.violations()
  }
  expect(await check([x, y])).toEqual([])
  expect(await check([y, x])).toContain('the batch of c up to tick 2 was settled by a stale worker')
})

test('a ledger tells of an event that was acknowledged and is gone', () => {
  const ledger = ledgerWith([first, second])
  ledger.acknowledged.add('31')
  expect(ledger.violations()).toEqual(['acknowledged to the publisher, but not committed 31'])
})
