import { expect, test } from 'vitest'
import { wheel } from '../../src/async/wheel.ts'

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

test('many long delays share one timer, and none calls back early or twice', async () => {
  const before = timers()
  const delays = Array.from({ length: 100 }, (_, n) => 500 + n * 7)
  const startedMs = performance.now()
  const calls: number[] = []
  const all = Promise.all(
    delays.map(
      (delayMs, n) =>
        new Promise<void>((resolve) => {
          wheel.after(delayMs, () => {
            calls.push(n)
            expect(performance.now() - startedMs).toBeGreaterThanOrEqual(delayMs)
            resolve()
          })
        }),
    ),
  )
  expect(timers() - before).toBeLessThanOrEqual(1)
  await all
  expect([...calls].sort((a, b) => a - b)).toEqual(delays.map((_, n) => n))
})

test('a call that is cancelled is not made, and leaves no timer', async () => {
  const before = timers()
  let count = 0
  const call = () => count++
  const cancels = [wheel.after(500, call), wheel.after(500, call), wheel.after(60_000, call)]
  for (const cancel of cancels) cancel()
  expect(timers()).toBe(before)
  await new Promise<void>((resolve) => wheel.after(600, resolve))
  expect(count).toBe(0)
})

test('a call may cancel one of the same moment, and plan the next', async () => {
  const made: string[] = []
  await new Promise<void>((resolve) => {
    wheel.after(500, () => {
      made.push('first')
      cancel()
      wheel.after(500, resolve)
    })
    const cancel = wheel.after(500, () => made.push('second'))
  })
  expect(made[0]).toBe('first')
  expect(made).not.toContain('second')
})
