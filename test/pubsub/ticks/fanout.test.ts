import { expect, test } from 'vitest'
import { Fanout } from '../../../src/pubsub/ticks/fanout.ts'

test('reaches the subscribers of the queue and those of all queues, and nobody else', async () => {
  const fanout = new Fanout()
  const mine = fanout.subscribe('mine')
  const other = fanout.subscribe('other')
  const all = fanout.subscribe(null)
  fanout.announce({ queue: 'mine', tickId: '7' })
  fanout.announce({ queue: 'other', tickId: '1' })
  expect((await mine.next()).value).toEqual({ queue: 'mine', tickId: '7' })
  expect((await other.next()).value).toEqual({ queue: 'other', tickId: '1' })
  expect((await all.next()).value).toEqual({ queue: 'mine', tickId: '7' })
})

test('hands a subscriber what another never reads', async () => {
  const fanout = new Fanout()
  fanout.subscribe('q')
  const reader = fanout.subscribe('q')
  for (let tick = 1; tick <= 10; tick++) {
    fanout.announce({ queue: 'q', tickId: String(tick) })
    expect((await reader.next()).value).toEqual({ queue: 'q', tickId: String(tick) })
  }
})

test('forgets a subscriber at its return and at its abort', async () => {
  const fanout = new Fanout()
  const abort = new AbortController()
  const returned = fanout.subscribe('a')
  const aborted = fanout.subscribe('b', abort.signal)
  const waiting = aborted.next()
  expect(fanout.queues).toEqual(['a', 'b'])
  await returned.return()
  abort.abort()
  expect(await waiting).toEqual({ done: true, value: undefined })
  expect(fanout.size).toBe(0)
  expect(fanout.queues).toEqual([])
})

test('ends a subscription whose signal is aborted already', async () => {
  const fanout = new Fanout()
  const slot = fanout.subscribe('a', AbortSignal.abort())
  expect(await slot.next()).toEqual({ done: true, value: undefined })
  expect(fanout.size).toBe(0)
})

test('still serves a queue that a last subscriber left while another came', async () => {
  const fanout = new Fanout()
  await fanout.subscribe('a').return()
  const second = fanout.subscribe('a')
  fanout.announce({ queue: 'a', tickId: '3' })
  expect((await second.next()).value).toEqual({ queue: 'a', tickId: '3' })
})

test('is impatient for as long as somebody wants ticks soon', async () => {
  const fanout = new Fanout()
  fanout.subscribe('a', undefined, true)
  expect(fanout.isImpatient).toBe(false)
  const one = fanout.subscribe('a')
  const two = fanout.subscribe(null)
  await one.return()
  expect(fanout.isImpatient).toBe(true)
  await two.return()
  await two.return()
  expect(fanout.isImpatient).toBe(false)
})

test('ends all of 10,000 subscriptions and keeps none', async () => {
  const fanout = new Fanout()
  const waiting = Array.from({ length: 10_000 }, (_, n) =>
    fanout.subscribe(n % 10 ? `q${n % 100}` : null).next(),
  )
  expect(fanout.size).toBe(10_000)
  fanout.endAll()
  expect(new Set((await Promise.all(waiting)).map(({ done }) => done))).toEqual(new Set([true]))
  expect(fanout.size).toBe(0)
})
