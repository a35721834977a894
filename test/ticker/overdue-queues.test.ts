import { expect, test } from 'vitest'
import { type DueQueue, OverdueQueues } from '../../src/ticker/overdue-queues.ts'

const due = (tick_id: string | null, late_ms: number | null): DueQueue => ({
  queue_id: 1,
  queue_name: 'q',
  tick_id,
  late_ms,
})

test('a queue is overdue when it is ten seconds late and was due without a tick between looks for three', () => {
  const queues = new OverdueQueues()
  expect(queues.look([due('1', 6_000)], 0)).toEqual([])
  expect(queues.look([due('1', 9_999)], 3_999)).toEqual([])
  expect(queues.look([due('1', 10_000)], 4_000)).toHaveLength(1)
  expect(queues.look([], 5_000)).toEqual([])
})

test('a queue that is late by hours after an outage, or a clock that was set, has three seconds to be ticked', () => {
  const queues = new OverdueQueues()
  expect(queues.look([due('1', 3_600_000)], 0)).toEqual([])
  expect(queues.look([due('1', 3_602_000)], 2_000)).toEqual([])
  expect(queues.look([due('2', 3_600_000)], 4_000)).toEqual([])
  expect(queues.look([due('2', 3_600_000)], 7_000)).toHaveLength(1)
})

test('a queue with an unknown delay is overdue after ten seconds without a tick', () => {
  const queues = new OverdueQueues()
  for (const tick of [null, '7']) {
    expect(queues.look([due(tick, null)], 0)).toEqual([])
    expect(queues.look([due(tick, null)], 9_999)).toEqual([])
    expect(queues.look([due(tick, null)], 10_000)).toHaveLength(1)
  }
})

test('a queue that is ticked between looks is never overdue, however often it is due', () => {
  const queues = new OverdueQueues()
  for (let n = 0; n < 10; n++) expect(queues.look([due(String(n), 20_000)], n * 5_000)).toEqual([])
})
