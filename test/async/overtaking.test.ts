import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Overtaking } from '../../src/async/overtaking.ts'

const never = () => new Promise<never>(() => {})

function deferred() {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

test('no more begin at once than there are places, in the order in which they came', async () => {
  const places = new Overtaking(2, 60_000)
  const begun: number[] = []
  const ends = [0, 1, 2, 3].map(() => deferred())
  const all = ends.map(({ promise }, index) =>
    places.run(async () => {
      begun.push(index)
      await promise
      return index
    }),
  )
  await setImmediate()
  expect(begun).toEqual([0, 1])
  ends[1]?.resolve()
  await all[1]
  await setImmediate()
  expect(begun).toEqual([0, 1, 2])
  for (const { resolve } of ends) resolve()
  expect(await Promise.all(all)).toEqual([0, 1, 2, 3])
})

test('work that hangs is overtaken, and work that fails leaves its place', async () => {
  const places = new Overtaking(1, 20)
  void places.run(never)
  await expect(places.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(await places.run(async () => 'done')).toBe('done')
})

test('who waits when the signal comes begins, and takes no place', async () => {
  const places = new Overtaking(1, 60_000)
  const end = deferred()
  const first = places.run(() => end.promise)
  const closing = new AbortController()
  const waiting = places.run(async () => 'ended', closing.signal)
  closing.abort()
  expect(await waiting).toBe('ended')
  let hasBegun = false
  const next = places.run(async () => {
    hasBegun = true
  })
  await setImmediate()
  expect(hasBegun).toBe(false)
  end.resolve()
  await Promise.all([first, next])
})

test('who has entered leaves once, when it says so or after the time', async () => {
  const places = new Overtaking(1, 20)
  const leave = await places.enter()
  leave()
  leave()
  await places.enter()
  const order: string[] = []
  const entering = [1, 2].map(async (number) => {
    await places.enter()
    order.push(`entered ${number}`)
  })
  await setImmediate()
  expect(order).toEqual([])
  await Promise.all(entering)
  expect(order).toEqual(['entered 1', 'entered 2'])
})
