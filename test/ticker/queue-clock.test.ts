import { expect, test } from 'vitest'
import { QueueClock, type QueueRow, type StepRow } from '../../src/ticker/queue-clock.ts'
import { parseSnapshot } from '../../src/ticker/snapshot.ts'

const limits = { idleFloorMs: 1_000, lookFloorMs: 10 }

function row(more: Partial<QueueRow> = {}): QueueRow {
  return {
    queue_id: 1,
    queue_name: 'q',
    is_external: false,
    is_paused: false,
    max_count: 500,
    max_lag_ms: 50,
    idle_period_ms: 60_000,
    event_seq: '10',
    tick_id: '5',
    tick_event_seq: '10',
    tick_age_ms: 0,
    previous_gap_ms: 60_000,
    row_version: '1',
    snapshot: '100:100:',
    ...more,
  }
}

function step(made_tick_id: string | null, more: Partial<QueueRow> = {}): StepRow {
  return { made_tick_id, ...row(more) }
}

/** Makes a queue that was looked at in vain, at time 0, while the transactions of the snapshot were open. */
function settledQueue(snapshot: string): QueueClock {
  const queue = new QueueClock(row(), 0)
  queue.startStep()
  queue.finishStep('events', step(null, { snapshot }), 0)
  return queue
}

test('is looked at once after it becomes known, and then waits for its idle tick', () => {
  const queue = new QueueClock(row(), 0)
  expect(queue.plan(limits)).toEqual({ step: 'events', atMs: 50, patienceMs: 10 })
  queue.startStep()
  queue.finishStep('events', step(null), 0)
  expect(queue.plan(limits)).toEqual({ step: 'idle', atMs: 60_000, patienceMs: 1_000 })
})

test('is looked at again when a transaction ends that was open at the look, and at no other time', () => {
  const queue = settledQueue('90:100:90,95')
  expect(queue.seeSnapshot(parseSnapshot('90:110:90,95,105'))).toBe(false)
  expect(queue.plan(limits).step).toBe('idle')
  expect(queue.seeSnapshot(parseSnapshot('90:110:90,105'))).toBe(true)
  expect(queue.plan(limits)).toEqual({ step: 'events', atMs: 50, patienceMs: 10 })
  queue.startStep()
  queue.finishStep('events', step(null, { snapshot: '90:110:90,105' }), 100)
  expect(queue.seeSnapshot(parseSnapshot('90:120:90'))).toBe(false)
  expect(queue.seeSnapshot(parseSnapshot('120:120:'))).toBe(true)
})

test('is looked at again after a tick that counted events', () => {
  const queue = settledQueue('100:100:')
  queue.setEventSeq('11')
  expect(queue.plan(limits).step).toBe('events')
  queue.startStep()
  queue.finishStep('events', step('6', { tick_id: '6', event_seq: '11', tick_event_seq: '11' }), 1_000)
  expect(queue.needsFreshSnapshot).toBe(true)
  expect(queue.plan(limits)).toEqual({ step: 'events', atMs: 1_050, patienceMs: 10 })
})

test('is looked at again until a look saw every transaction that was open at the tick', () => {
  const queue = settledQueue('100:100:')
  queue.setEventSeq('11')
  queue.startStep()
  queue.finishStep('events', step('6', { tick_id: '6', event_seq: '11', tick_event_seq: '11' }), 1_000)
  const look = (snapshot: string) => {
    const isFresh = queue.needsFreshSnapshot
    queue.startStep()
    queue.finishStep(
      'events',
      step(null, { tick_id: '6', event_seq: '11', tick_event_seq: '11', snapshot }),
      1_100,
    )
    return isFresh
  }
  queue.published()
  expect(look('100:100:')).toBe(false)
  expect(look('100:102:100')).toBe(true)
  expect(queue.plan(limits).step).toBe('idle')
  expect(queue.seeSnapshot(parseSnapshot('102:102:'))).toBe(true)
})

test('leaves events to max lag that an early step did not find committed, until others are published', () => {
  const queue = settledQueue('100:100:')
  queue.setEventSeq('11')
  expect(queue.plan(limits, true)).toEqual({ step: 'early', atMs: 10, patienceMs: 0 })
  queue.startStep()
  queue.finishStep('early', step(null, { event_seq: '11' }), 1_000)
  expect(queue.plan(limits, true)).toEqual({ step: 'events', atMs: 1_050, patienceMs: 0 })
  queue.published()
  expect(queue.plan(limits, true)).toEqual({ step: 'early', atMs: 1_010, patienceMs: 0 })
})

test('knows the rate of events between its newest ticks', () => {
  const queue = settledQueue('100:100:')
  queue.startStep()
  queue.finishStep('events', step('6', { tick_id: '6', tick_event_seq: '30', previous_gap_ms: 50 }), 1_000)
  expect(queue.eventsPerSecond).toBe(400)
})

test('is not looked at again after a tick that counted nothing new', () => {
  const queue = settledQueue('100:100:')
  queue.startStep()
  queue.finishStep('idle', step('6', { tick_id: '6' }), 1_000)
  expect(queue.plan(limits).step).toBe('idle')
})

test('is looked at when its first event does not raise the sequence above the tick', () => {
  const queue = new QueueClock(row({ event_seq: '0', tick_event_seq: '1' }), 0)
  queue.startStep()
  queue.finishStep('events', step(null, { event_seq: '0', tick_event_seq: '1' }), 0)
  expect(queue.plan(limits).step).toBe('idle')
  expect(queue.setEventSeq('1')).toBe(true)
  expect(queue.plan(limits).step).toBe('events')
})

test('ignores a sequence read before its last step', () => {
  const queue = settledQueue('100:100:')
  expect(queue.setEventSeq('9')).toBe(false)
  expect(queue.plan(limits).step).toBe('idle')
})

test('is looked at again when a publication came too late for the step under way', () => {
  const queue = settledQueue('100:100:')
  queue.published()
  queue.startStep()
  queue.published()
  queue.finishStep('idle', step('6', { tick_id: '6' }), 1_000)
  expect(queue.plan(limits)).toEqual({ step: 'events', atMs: 1_050, patienceMs: 0 })
})

test('leaves the server more and more time when it refuses to tick', () => {
  const queue = settledQueue('100:100:')
  queue.setEventSeq('11')
  const waits = Array.from({ length: 10 }, () => {
    queue.startStep()
    queue.finishStep('events', step(null, { event_seq: '11', tick_age_ms: 1_000 }), 5_000)
    return queue.plan(limits).atMs - 5_000
  })
  expect(waits).toEqual([20, 40, 80, 160, 320, 640, 1_000, 1_000, 1_000, 1_000])
})

test('waits longer after each failure in a row', () => {
  const queue = new QueueClock(row({ tick_age_ms: 1_000 }), 0)
  for (const failures of [0, 1, 2]) {
    queue.startStep()
    queue.failStep(0, (counted) => {
      expect(counted).toBe(failures)
      return 500
    })
    expect(queue.plan(limits).atMs).toBe(500)
  }
})

test('lacks a tick of another ticker, and none that its own step may have made', () => {
  const queue = settledQueue('100:100:')
  expect(queue.lacksTick('5')).toBe(false)
  expect(queue.lacksTick('6')).toBe(true)
  queue.startStep()
  expect(queue.lacksTick('6')).toBe(false)
  queue.finishStep('idle', step('6', { tick_id: '6' }), 1_000)
  expect(queue.lacksTick('6')).toBe(false)
})
