import { expect, test } from 'vitest'
import {
  blockerInWords,
  lagInWords,
  troubleOfConsumer,
  troubleOfQueue,
  worstFirst,
} from '../../src/cli/troubles.ts'

const queue = {
  tickOverdueSeconds: null,
  tickerPaused: false,
  newEvents: '0',
  rotationBlockedBy: null,
  deadLetterCount: '0',
}

test.each([
  [{}, null],
  [{ tickOverdueSeconds: 90, deadLetterCount: '3' }, 'tick overdue 1 min 30 s'],
  [{ tickerPaused: true }, null],
  [{ tickerPaused: true, newEvents: '1' }, 'paused, 1 event waiting'],
  [{ rotationBlockedBy: 'billing', deadLetterCount: '3' }, 'rotation blocked by billing'],
  [{ deadLetterCount: '3' }, '3 dead letters'],
])('a queue with %j is said to have: %s', (facts, words) => {
  expect(troubleOfQueue({ ...queue, ...facts })?.words ?? null).toBe(words)
})

test.each([
  [{ connected: true, oldestPendingSeconds: 59, openBatchSeconds: null }, null],
  [{ connected: false, oldestPendingSeconds: 60, openBatchSeconds: null }, 'no stream has it'],
  [{ connected: true, oldestPendingSeconds: 60, openBatchSeconds: 1 }, 'it is behind'],
  [{ connected: true, oldestPendingSeconds: 90, openBatchSeconds: 61 }, 'batch open for 1 min 1 s'],
])('a consumer with %j is said to have: %s', (facts, words) => {
  expect(troubleOfConsumer(facts)?.words ?? null).toBe(words)
})

test('the worst comes first, and equals stay in their order', () => {
  const rows = ['fine', 'letters', 'late', 'fine too', 'letters too']
  const troubles = { late: { tone: 'bad', words: '' }, letters: { tone: 'warning', words: '' } } as const
  const order = worstFirst(rows, (row) => troubles[row.split(' ')[0] as keyof typeof troubles] ?? null)
  expect(order).toEqual(['late', 'letters', 'letters too', 'fine', 'fine too'])
})

test('lag is told in words', () => {
  expect([lagInWords(null), lagInWords(200)]).toEqual(['up to date', '3 min 20 s behind'])
})

test.each([
  [{ kind: 'CONSUMER_BEHIND', consumer: { name: 'billing' } }, 'billing'],
  [{ kind: 'OPEN_BATCH', consumer: null }, 'a consumer'],
  [{ kind: 'LONG_TRANSACTION', consumer: { name: 'billing' } }, 'a long transaction'],
  [{ kind: 'PREPARED_TRANSACTION', consumer: null }, 'a prepared transaction'],
  [{ kind: 'NO_TICK', consumer: { name: 'billing' } }, null],
  [null, null],
])('a rotation that is blocked by %j is blamed on: %s', (blocker, words) => {
  expect(blockerInWords(blocker)).toBe(words)
})
