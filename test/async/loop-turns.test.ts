import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { LoopTurns } from '../../src/async/loop-turns.ts'

/** Keeps the processor busy. */
function work(ms: number): void {
  const endsAt = performance.now() + ms
  while (performance.now() < endsAt);
}

test('work that comes alone need not wait', async () => {
  const turns = new LoopTurns()
  for (let n = 0; n < 3; n++) {
    expect(turns.next()).toBeUndefined()
    work(10)
    await nextTurn()
  }
})

test('work in plenty is done in order, and leaves turns for others', async () => {
  const turns = new LoopTurns()
  const done: number[] = []
  const all = Array.from({ length: 8 }, async (_, n) => {
    // Requests come one by one, in one turn.
    await nextTurn()
    await turns.next()
    work(6)
    done.push(n)
  })
  const counts: number[] = []
  while (done.length < all.length) {
    await nextTurn()
    counts.push(done.length)
  }
  await Promise.all(all)
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  const inOneTurn = counts.map((count, turn) => count - (counts[turn - 1] ?? 0))
  expect(Math.max(...inOneTurn)).toBeLessThanOrEqual(2)
})

test('work that comes later does not overtake what waits', async () => {
  const turns = new LoopTurns()
  const done: string[] = []
  const run = async (name: string) => {
    await turns.next()
    work(6)
    done.push(name)
  }
  const first = ['a', 'b', 'c'].map((name) => nextTurn().then(() => run(name)))
  await nextTurn()
  await Promise.all([...first, run('late')])
  expect(done).toEqual(['a', 'b', 'c', 'late'])
})
