import { expect, test } from 'vitest'
import { PgqError } from '../../src/errors.ts'
import { untilAvailable } from '../../src/postgres/outage.ts'
import { createStream } from '../../src/pubsub/stream.ts'
import { until } from '../support/deadline.ts'
import { collectGarbage } from '../support/garbage.ts'

test('a stream keeps no value that it has given out', async () => {
  const values: WeakRef<object>[] = []
  const stream = createStream({
    async pull() {
      const value = { events: new Array(1_000).fill('x') }
      values.push(new WeakRef(value))
      return value
    },
  })
  for (let n = 0; n < 100; n++) await stream.next()
  await until(() => {
    collectGarbage()
    return values.every((value) => value.deref() === undefined)
  }, 'the values to be forgotten')
  await stream.return()
})

test('return ends each next that waits at once, and the source is closed once its pull is over', async () => {
  const log: string[] = []
  let finishPull = () => {}
  const stream = createStream<number>({
    pull: (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => log.push('aborted'))
        finishPull = () => resolve(1)
      }),
    interrupt: () => log.push('interrupted'),
    close: () => void log.push('closed'),
  })
  const waiting = [stream.next(), stream.next()]
  await Promise.resolve()
  await stream.return()
  expect(await Promise.all(waiting)).toEqual([
    { done: true, value: undefined },
    { done: true, value: undefined },
  ])
  expect(log).toEqual(['aborted', 'interrupted'])
  finishPull()
  await stream.closed
  expect(log).toEqual(['aborted', 'interrupted', 'closed'])
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})

test('an error after the end is nobody’s, and an error before it ends the stream', async () => {
  let fail = (_: Error) => {}
  const stream = createStream<number>({ pull: () => new Promise((_, reject) => (fail = reject)) })
  const late = stream.next()
  await Promise.resolve()
  await stream.return()
  fail(new Error('late'))
  expect(await late).toEqual({ done: true, value: undefined })
  const failing = createStream<number>({ pull: () => Promise.reject(new Error('broken')) })
  await expect(failing.next()).rejects.toThrow('broken')
  expect((await failing.next()).done).toBe(true)
  await failing.closed
})

test('an error that comes while nobody asks is told to the next who does, once', async () => {
  let end = (_: { error: unknown }) => {}
  const stream = createStream<number>({ pull: () => Promise.resolve(1) })
  end = (failure) => stream.fail(failure.error)
  await stream.next()
  end({ error: new Error('the database was removed') })
  await expect(stream.next()).rejects.toThrow('the database was removed')
  expect((await stream.next()).done).toBe(true)
})

test.each([
  ['a login that is refused', new PgqError('UNAVAILABLE', 'no', { sqlstate: '28P01' }), 1],
  ['a statement that always times out', new PgqError('TIMEOUT', 'no', { sqlstate: '57014' }), 3],
  ['a mistake of the caller', new PgqError('BAD_INPUT', 'no'), 1],
])('a stream does not wait for ever for %s', async (_, error, calls) => {
  let count = 0
  const read = () => {
    count++
    return Promise.reject(error)
  }
  await expect(untilAvailable(new AbortController().signal, read)).rejects.toBe(error)
  expect(count).toBe(calls)
})
