import { expect, test } from 'vitest'
import { ConsumerHistory } from '../../../src/pubsub/stats/consumer-history.ts'
import { findConsumer } from '../../../src/resolvers/consumers/consumers.ts'
import { until } from '../../support/deadline.ts'
import { setUpConsumer } from '../batches/consumer-fixture.ts'

const consumer = { queueId: 1, consumerId: 2 }
const row = (pendingEvents: string | null, key = '1 2') => ({
  key,
  lagSeconds: 3,
  oldestPendingSeconds: null,
  pendingEvents,
})

test('the consumers of a database are sampled while nobody asks', async () => {
  await using t = await setUpConsumer(['x'])
  const found = await findConsumer(t.context, { database: 'main', queue: 'q', name: 'c' })
  if (!found) throw new Error('there is no consumer')
  await until(() => t.live.consumerHistory.of(found, 3_600).length > 0, 'a sample', { timeoutMs: 40_000 })
  expect(t.live.consumerHistory.of(found, 3_600)[0]).toEqual({
    time: expect.any(String),
    lagSeconds: expect.any(Number),
    oldestPendingSeconds: expect.toBeOneOf([null, expect.any(Number)]),
    pendingEvents: expect.stringMatching(/^\d+$/),
  })
})

test('a history keeps 240 samples, each of the consumers that there were', () => {
  const history = new ConsumerHistory()
  for (let n = 300; n > 0; n--)
    history.add(Date.now() - n, n > 100 ? [row('7')] : [row('1', '1 1'), row('8')])
  const samples = history.of(consumer, 60)
  expect(samples).toHaveLength(240)
  expect(samples[0]).toMatchObject({ lagSeconds: 3, oldestPendingSeconds: null, pendingEvents: '7' })
  expect(samples.at(-1)?.pendingEvents).toBe('8')
  expect(history.of({ queueId: 9, consumerId: 9 }, 60)).toEqual([])
})

test('a consumer catches up at the rate at which what is pending shrinks, if it does', () => {
  const catchUp = (...pending: (string | null)[]) => {
    const history = new ConsumerHistory()
    for (const [n, events] of pending.entries())
      history.add(Date.now() - 1_000 * (pending.length - n), [row(events)])
    return history.catchUpSeconds(consumer)
  }
  expect(catchUp('300', '200', '100')).toBeCloseTo(1)
  expect(catchUp('100', '300')).toBeNull()
  expect(catchUp('100', '0')).toBeNull()
  expect(catchUp('100', null)).toBeNull()
  expect(catchUp('100')).toBeNull()
})
