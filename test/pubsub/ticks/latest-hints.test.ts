import { expect, test } from 'vitest'
import { LatestHints } from '../../../src/pubsub/ticks/latest-hints.ts'

const end = { done: true, value: undefined }
const hint = (queue: string, tickId: string) => ({ done: false, value: { queue, tickId } })

test('gives a hint to the reader that waits for it', async () => {
  const hints = new LatestHints()
  const next = hints.next()
  hints.put({ queue: 'a', tickId: '1' })
  expect(await next).toEqual(hint('a', '1'))
})

test('keeps the latest tick of each queue alone, however many come unread', async () => {
  const hints = new LatestHints()
  for (let tick = 1; tick <= 100_000; tick++) {
    hints.put({ queue: tick % 2 ? 'odd' : 'even', tickId: String(tick) })
  }
  expect(await hints.next()).toEqual(hint('odd', '99999'))
  expect(await hints.next()).toEqual(hint('even', '100000'))
  const marker = hints.next()
  hints.put({ queue: 'marker', tickId: '1' })
  expect(await marker).toEqual(hint('marker', '1'))
})

test('gives a queue that ticks all the time no precedence over one that waits', async () => {
  const hints = new LatestHints()
  hints.put({ queue: 'busy', tickId: '1' })
  hints.put({ queue: 'quiet', tickId: '1' })
  await hints.next()
  hints.put({ queue: 'busy', tickId: '2' })
  expect(await hints.next()).toEqual(hint('quiet', '1'))
})

test('serves readers in the order in which they asked', async () => {
  const hints = new LatestHints()
  const readers = [hints.next(), hints.next()]
  hints.put({ queue: 'a', tickId: '1' })
  hints.put({ queue: 'a', tickId: '2' })
  expect(await Promise.all(readers)).toEqual([hint('a', '1'), hint('a', '2')])
})

test('ends every waiting reader at return, and tells its owner once', async () => {
  let ends = 0
  const hints = new LatestHints(() => ends++)
  const readers = [hints.next(), hints.next()]
  expect(await hints.return()).toEqual(end)
  expect(await Promise.all(readers)).toEqual([end, end])
  hints.end()
  expect(ends).toBe(1)
})

test('drops what was unread when it ends', async () => {
  const hints = new LatestHints()
  hints.put({ queue: 'a', tickId: '1' })
  hints.end()
  hints.put({ queue: 'a', tickId: '2' })
  expect(await hints.next()).toEqual(end)
})

test('ends when a for-await loop is left', async () => {
  const hints = new LatestHints()
  hints.put({ queue: 'a', tickId: '1' })
  for await (const { tickId } of hints) {
    expect(tickId).toBe('1')
    break
  }
  expect(hints.isOver).toBe(true)
})
