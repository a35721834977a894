import { expect, test } from 'vitest'
import { DeadlineError } from '../../src/async/deadline.ts'
import { Turns } from '../../src/async/turns.ts'

test('work begins when earlier work has ended, well or not', async () => {
  const turns = new Turns()
  const log: string[] = []
  let end = () => {}
  const first = turns.run(async () => {
    log.push('first')
    await new Promise<void>((resolve) => (end = resolve))
    log.push('end')
    throw new Error('failed')
  }, 10_000)
  const second = turns.run(async () => log.push('second'), 10_000)
  await Promise.resolve()
  expect(log).toEqual(['first'])
  end()
  await expect(first).rejects.toThrow('failed')
  await second
  expect(log).toEqual(['first', 'end', 'second'])
})

test('no work begins after work that is late, which may still be under way', async () => {
  const turns = new Turns()
  let isBegun = false
  const late = turns.run(() => new Promise(() => {}), 10)
  const next = turns.run(async () => (isBegun = true), 10_000)
  await expect(late).rejects.toThrow(DeadlineError)
  await expect(next).rejects.toThrow(DeadlineError)
  expect(isBegun).toBe(false)
  await turns.idle()
})
