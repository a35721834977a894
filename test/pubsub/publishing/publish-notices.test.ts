import { once } from 'node:events'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.ts'
import { until, withDeadline } from '../../support/deadline.ts'

test('what was published is passed on to other gateways, thinned out, unless the ticker is here', async () => {
  await using fixture = await createTestDatabase()
  const [leader, sender, receiver] = await Promise.all([
    fixture.open({ ticker: true }),
    fixture.open(),
    fixture.open(),
  ])
  try {
    const isListening = () => [leader, sender, receiver].every(({ feed }) => feed.isLive)
    await until(() => leader.ticker?.isLeading && isListening(), 'a leader, and live feeds')
    const heard: unknown[] = []
    receiver.feed.on('published', ({ queue }) => heard.push(queue))
    leader.state.onPublished('a')
    for (let n = 0; n < 100; n++) sender.state.onPublished('b')
    await until(() => heard.length >= 2, 'two notices of the sender')
    // What the leader had sent would have come before these.
    for (const { feed } of [leader, sender]) {
      const marker = withDeadline(once(receiver.feed, 'released'), 'a notice that comes last')
      await feed.notify('released', { queue: 'b' })
      await marker
    }
    expect(heard).toEqual(['b', 'b'])
  } finally {
    await Promise.all([leader, sender, receiver].map((live) => live.close()))
  }
})
