import { expect, test } from 'vitest'
import { Pace } from '../../src/ticker/pace.ts'

const limits = { share: 0.01, minPauseMs: 50, maxPauseMs: 1_000 }

/** Makes a pace after readings of these costs, all at the time 0. */
function paceAfter(...costsMs: number[]): Pace {
  const pace = new Pace(limits)
  for (const costMs of costsMs) pace.read(costMs, 0)
  return pace
}

test('the first reading is due at once', () => {
  expect(new Pace(limits).dueAtMs).toBe(0)
})

test('readings that all cost much are further apart, to a limit', () => {
  expect(paceAfter(2, 2, 2, 2, 2).dueAtMs).toBe(200)
  expect(paceAfter(90, 90, 90, 90, 90).dueAtMs).toBe(1_000)
  expect(paceAfter(0.1, 0.1, 0.1, 0.1, 0.1).dueAtMs).toBe(50)
})

test('a slow moment of the machine does not put off the next reading', () => {
  expect(paceAfter(2, 2, 2, 2, 5_000).dueAtMs).toBe(200)
  expect(paceAfter(5_000).dueAtMs).toBe(50)
})

test('a reading in a hurry is due at once', () => {
  const pace = paceAfter(2, 2, 2, 2, 2)
  pace.hurry()
  expect(pace.dueAtMs).toBe(0)
})
