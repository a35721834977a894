import { expect, test } from 'vitest'
import { ForeignTicks } from '../../src/ticker/foreign-ticks.ts'

test('takes three ticks within three minutes for a ticker, and says so once', () => {
  const ticks = new ForeignTicks()
  expect([0, 1, 2, 3].map((at) => ticks.see(at))).toEqual([false, false, true, false])
  expect(ticks.isPresent(4)).toBe(true)
  expect(ticks.isPresent(200_000)).toBe(false)
})

test('does not take an operator for a ticker', () => {
  const ticks = new ForeignTicks()
  for (let at = 0; at < 1_000_000; at += 100_000) expect(ticks.see(at)).toBe(false)
})
