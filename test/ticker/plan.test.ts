import { describe, expect, test } from 'vitest'
import { type PlannedQueue, planTick } from '../../src/ticker/plan.ts'

const limits = { idleFloorMs: 0, lookFloorMs: 0 }
const now = 1_000_000

/** Makes a queue with upstream's defaults, whose last tick is `ageMs` old and came `gapMs` after the one before. */
function queue(ageMs: number, gapMs: number | null, more: Partial<PlannedQueue> = {}): PlannedQueue {
  return {
    isExternal: false,
    isPaused: false,
    maxCount: 500,
    maxLagMs: 3_000,
    idlePeriodMs: 60_000,
    newEvents: 0,
    eventsPerSecond: 0,
    isSuspect: false,
    lastTickAtMs: now - ageMs,
    previousGapMs: gapMs,
    ...more,
  }
}

describe('an idle queue', () => {
  test.each([
    [1_600, 400, true],
    [1_400, 8_600, false],
    [1_400, 100, false],
    [1_600, 1_400, false],
    [30_000, 40_000, false],
    [59_000, 61_000, false],
    [61_000, 59_000, true],
  ])('whose tick is %i ms old after a gap of %i ms ticks now: %s', (ageMs, gapMs, isDue) => {
    const plan = planTick(queue(ageMs, gapMs), limits)
    expect(plan.step).toBe('idle')
    expect(plan.atMs <= now).toBe(isDue)
  })

  test('ticks at once after its first tick', () => {
    expect(planTick(queue(0, null), limits)).toEqual({ step: 'idle', atMs: now, patienceMs: 0 })
  })

  test('waits twice its last gap, and for the idle period at most', () => {
    expect(planTick(queue(0, 10_000), limits).atMs).toBe(now + 20_000)
    expect(planTick(queue(0, 50_000), limits).atMs).toBe(now + 60_000)
  })

  test('ticks no more often than the floor, also with settings of zero', () => {
    const zero = queue(0, 1, { maxLagMs: 0, idlePeriodMs: 0 })
    expect(planTick(zero, limits).atMs).toBe(now)
    expect(planTick(zero, { ...limits, idleFloorMs: 1_000 }).atMs).toBe(now + 1_000)
  })

  test('counts as idle when its sequence fell behind the tick', () => {
    expect(planTick(queue(0, 10_000, { newEvents: -5 }), limits).step).toBe('idle')
  })
})

describe('a queue with new events', () => {
  test('ticks when the last tick is max lag old', () => {
    expect(planTick(queue(1_000, 5, { newEvents: 1 }), limits)).toMatchObject({
      step: 'events',
      atMs: now + 2_000,
    })
  })

  test('ticks at once when they are as many as max count', () => {
    expect(planTick(queue(0, 5, { newEvents: 499 }), limits).atMs).toBeGreaterThan(now)
    expect(planTick(queue(0, 5, { newEvents: 500 }), limits).atMs).toBeLessThanOrEqual(now)
  })

  test('is not held back by the floor for idle queues', () => {
    const plan = planTick(queue(0, 5, { newEvents: 1, maxLagMs: 50 }), { ...limits, idleFloorMs: 1_000 })
    expect(plan).toEqual({ step: 'events', atMs: now + 50, patienceMs: 0 })
  })
})

describe('a queue with new events whose tick somebody waits for', () => {
  const lagMs = (maxLagMs: number, eventsPerSecond: number) =>
    planTick(queue(0, 5, { newEvents: 1, maxLagMs, eventsPerSecond }), limits, true).atMs - now

  test('ticks soon while events are few, and the later the more they are', () => {
    expect([0, 200, 400, 800, 1_000, 100_000].map((rate) => lagMs(50, rate))).toEqual([
      10, 10, 20, 40, 50, 50,
    ])
  })

  test('waits no longer than its max lag', () => {
    expect(lagMs(2, 0)).toBe(2)
    const plan = planTick(queue(0, 5, { newEvents: 1, maxLagMs: 10 }), limits, true)
    expect(plan.step).toBe('events')
  })

  test('waits neither for them to be more, nor for a first tick', () => {
    const step = (more: Partial<PlannedQueue>) =>
      planTick(queue(0, 5, { maxLagMs: 50, ...more }), limits, true).step
    expect([
      step({ newEvents: 1 }),
      step({ newEvents: 500 }),
      step({ lastTickAtMs: null }),
      step({}),
    ]).toEqual(['early', 'events', 'idle', 'idle'])
  })

  test('waits for its max lag where that is a second or more, since nobody has asked for speed', () => {
    expect(lagMs(999, 0)).toBe(10)
    expect(lagMs(1_000, 0)).toBe(1_000)
  })
})

describe('the patience of a queue', () => {
  test.each([
    ['with events and a max lag of 3 s', queue(0, 5, { newEvents: 1 }), 150],
    ['with events and a max lag of an hour', queue(0, 5, { newEvents: 1, maxLagMs: 3_600_000 }), 1_000],
    ['with events and a max lag below a second', queue(0, 5, { newEvents: 1, maxLagMs: 999 }), 0],
    ['with as many events as max count', queue(0, 5, { newEvents: 500 }), 0],
    ['that is suspect', queue(0, 50_000, { isSuspect: true }), 150],
    ['that is idle', queue(0, 50_000), 1_000],
    ['without any tick', queue(0, null, { lastTickAtMs: null }), 0],
  ])('%s', (_title, patient, patienceMs) => {
    expect(planTick(patient, { ...limits, idleFloorMs: 1_000 }).patienceMs).toBe(patienceMs)
  })
})

describe('a suspect queue', () => {
  test('is looked at after max lag, long before its idle tick', () => {
    const plan = planTick(queue(0, 50_000, { isSuspect: true, maxLagMs: 50 }), limits)
    expect(plan).toEqual({ step: 'events', atMs: now + 50, patienceMs: 10 })
  })

  test('is ticked as idle where that comes first', () => {
    const plan = planTick(queue(0, 100, { isSuspect: true }), limits)
    expect(plan).toEqual({ step: 'idle', atMs: now + 1_500, patienceMs: 0 })
  })

  test('is left in peace for the floor when its max lag is zero', () => {
    const suspect = queue(0, 50_000, { isSuspect: true, maxLagMs: 0 })
    expect(planTick(suspect, { ...limits, lookFloorMs: 10 }).atMs).toBe(now + 10)
  })
})

test('a queue without any tick gets one at once', () => {
  const plan = planTick(queue(0, null, { lastTickAtMs: null }), limits)
  expect(plan.step).toBe('idle')
  expect(plan.atMs).toBeLessThanOrEqual(now)
})

test.each([{ isPaused: true }, { isExternal: true }])('a queue with %j is never ticked', (state) => {
  expect(planTick(queue(1e9, 1, { ...state, newEvents: 1_000 }), limits).step).toBeNull()
})
