import { describe, expect, test } from 'vitest'
import { DeadlineError } from '../../src/async/deadline.ts'
import { FairSlots, type Turn } from '../../src/async/fair-slots.ts'

const turn = (subject: string, rest: Partial<Turn> = {}): Turn => ({ subject, caller: '', ...rest })

/** Takes slots for as long as there are any. @returns How many. */
function takeAll(slots: FairSlots, of: Turn): number {
  let count = 0
  while (slots.take(of)) count++
  return count
}

describe('a slot', () => {
  test('is left by subjects that hang: each takes half of what is free', () => {
    const slots = new FairSlots(10)
    expect(['a', 'b', 'c', 'd'].map((subject) => takeAll(slots, turn(subject)))).toEqual([5, 3, 1, 1])
  })

  test('is left by each kind of work to the others', () => {
    const slots = new FairSlots(10)
    for (let n = 0; n < 20; n++) slots.take(turn(`queue ${n}`, { kind: 'work' }))
    expect(slots.taken).toBe(8)
    expect(slots.take(turn('queue 0', { kind: 'settlement' }))).toBe(true)
  })

  test.each([1, 2, 3])('is to be had where there are %i', (limit) => {
    expect(takeAll(new FairSlots(limit), turn('a', { kind: 'work' }))).toBeGreaterThan(0)
  })

  test('goes to whoever waits, the oldest of a subject first', async () => {
    const slots = new FairSlots(1)
    const log: string[] = []
    slots.take(turn('a'))
    const waiting = ['first', 'second'].map((name) =>
      slots.wait(turn('a'), 10_000).then(() => log.push(name)),
    )
    slots.give(turn('a'))
    await waiting[0]
    expect(log).toEqual(['first'])
    slots.give(turn('a'))
    await waiting[1]
    expect(log).toEqual(['first', 'second'])
  })

  test('goes to subjects and callers in turn, however many of one wait', async () => {
    const slots = new FairSlots(1)
    const log: string[] = []
    slots.take(turn('held'))
    const all: Promise<unknown>[] = []
    const wait = (subject: string, caller: string) =>
      all.push(
        slots.wait(turn(subject, { caller }), 10_000).then(() => {
          log.push(`${subject} of ${caller}`)
          slots.give(turn(subject, { caller }))
        }),
      )
    for (let n = 0; n < 3; n++) wait('loud', 'x')
    wait('quiet', 'x')
    wait('loud', 'y')
    slots.give(turn('held'))
    await Promise.all(all)
    expect(log).toEqual(['loud of x', 'quiet of x', 'loud of y', 'loud of x', 'loud of x'])
  })

  test('goes to the caller with the fewest', async () => {
    const slots = new FairSlots(4)
    for (const subject of ['a', 'b', 'c']) slots.take(turn(subject, { caller: 'x' }))
    slots.take(turn('d', { caller: 'y' }))
    const log: string[] = []
    const all = ['x', 'y'].map((caller) =>
      slots.wait(turn('e', { caller }), 10_000).then(() => log.push(caller)),
    )
    for (const subject of ['a', 'b', 'c']) slots.give(turn(subject, { caller: 'x' }))
    await Promise.all(all)
    expect(log).toEqual(['y', 'x'])
  })

  test('that does not come in time is not kept for who waited for it', async () => {
    const slots = new FairSlots(1)
    slots.take(turn('a'))
    await expect(slots.wait(turn('b'), 5)).rejects.toThrow(DeadlineError)
    slots.give(turn('a'))
    expect(slots.taken).toBe(0)
  })

  test('is handed out when there are more, and held back while there are fewer than are taken', async () => {
    const slots = new FairSlots(2)
    slots.take()
    slots.take()
    slots.limit = 1
    const waiting = slots.wait(undefined, 10_000)
    slots.give()
    expect(slots.taken).toBe(1)
    slots.limit = 2
    await waiting
    expect(slots.taken).toBe(2)
  })
})
