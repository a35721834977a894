import { expect, test } from 'vitest'
import { TimeBudget } from '../../src/json-schema/time-budget.ts'

const forEver = () => {
  for (;;);
}

test('work that takes for ever is ended, and nothing else is run in the same budget', () => {
  const budget = new TimeBudget(20)
  expect(budget.run(forEver)).toBe(false)
  expect(budget.run(() => expect.unreachable())).toBe(false)
})

test('what work throws is handed on, also after other work was ended', () => {
  new TimeBudget(10).run(forEver)
  const thrown = new TypeError('mine')
  const work = () => {
    throw thrown
  }
  expect(() => new TimeBudget().run(work)).toThrow(thrown)
})

test('no time is spent while the processor does something else', () => {
  const budget = new TimeBudget(100)
  let runs = 0
  const sleepFirst = () => {
    // Until the clock has long been past the budget.
    if (++runs === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  }
  expect(budget.run(sleepFirst)).toBe(true)
  expect(budget.run(() => {})).toBe(true)
})

test('no time is spent between two pieces of work', async () => {
  const budget = new TimeBudget(50)
  const end = performance.now() + 100
  while (performance.now() < end);
  expect(budget.run(() => {})).toBe(true)
})

test('a regular expression of JavaScript is ended too, as those of formats are', () => {
  expect(new TimeBudget(20).run(() => /(a+)+$/u.test(`${'a'.repeat(60)}b`))).toBe(false)
})
