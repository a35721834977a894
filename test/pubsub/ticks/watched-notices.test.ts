import { expect, test } from 'vitest'
import { WatchedNotices } from '../../../src/pubsub/ticks/watched-notices.ts'

test('a notice that somebody waits is sent at once, and those within the interval are dropped', () => {
  const sent = (intervalMs: number) => {
    let count = 0
    const notices = new WatchedNotices(intervalMs, () => count++)
    for (let n = 0; n < 3; n++) notices.add()
    return count
  }
  expect(sent(60_000)).toBe(1)
  expect(sent(0)).toBe(3)
})
