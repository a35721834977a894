import { expect, test } from 'vitest'
import { Slot } from '../../../src/pubsub/ticks/latest-hints.ts'

const end = { done: true, value: undefined }
const hint = (queue: string, tickId: string) => ({ done: false, value: { queue, tickId } })

test('gives a hint to the reader that waits for it', async () => {
  const slot = new Slot()
  const next = slot.next()
  slot.put({ queue: 'a', tickId: '1' })
  expect(await next).toEqual(hint('a', '1'))
})

test('keeps the latest tick of each queue alone, however many come unread', async () => {
  const slot = new Slot()
  for (let tick = 1; tick <= 100_000; tick++) {
    slot.put({ queue: tick % 2 ? 'odd' : 'even', tickId: String(tick) })
  }
  expect(await slot.next()).toEqual(hint('odd', '99999'))
  expect(await slot.next()).toEqual(hint('even', '100000'))
  const marker = slot.next()
  slot.put({ queue: 'marker', tickId: '1' })
  expect(await marker).toEqual(hint('marker', '1'))
})

test('gives a queue that ticks all the time no precedence over one that waits', async () => {
  const slot = new Slot()
  slot.put({ queue: 'busy', tickId: '1' })
  slot.put({ queue: 'quiet', tickId: '1' })
  await slot.next()
  slot.put({ queue: 'busy', tickId: '2' })
  expect(await slot.next()).toEqual(hint('quiet', '1'))
})

test('serves readers in the order in which they asked', async () => {
  const slot = new Slot()
  const readers = [slot.next(), slot.next()]
  slot.put({ queue: 'a', tickId: '1' })
  slot.put({ queue: 'a', tickId: '2' })
  expect(await Promise.all(readers)).toEqual([hint('a', '1'), hint('a', '2')])
})

test('ends every waiting reader at return, and tells its owner once', async () => {
  let ends = 0
  const slot = new Slot(() => ends++)
  const readers = [slot.next(), slot.next()]
  expect(await slot.return()).toEqual(end)
  expect(await Promise.all(readers)).toEqual([end, end])
  slot.end()
  expect(ends).toBe(1)
})

test('drops what was unread when it ends', async () => {
  const slot = new Slot()
  slot.put({ queue: 'a', tickId: '1' })
  slot.end()
  slot.put({ queue: 'a', tickId: '2' })
  expect(await slot.next()).toEqual(end)
})

test('ends when a for-await loop is left', async () => {
  const slot = new Slot()
  slot.put({ queue: 'a', tickId: '1' })
  for await (const { tickId } of slot) {
    expect(tickId).toBe('1')
    break
  }
  expect(slot.isOver).toBe(true)
})
