import type { Database } from '../database/database.ts'
import { createStream, type Stream } from './stream.ts'
import type { Follower, TailShares } from './tail-share.ts'
import { type TailInput, type TailMessage, TailSource } from './tail-source.ts'
import type { TickFeed } from './tick-feed.ts'

/**
 * The batches of a queue as a shared log: from a cursor, or from now on when `after` is null, without a registered
 * consumer. Whoever has caught up reads together with the others who have; whoever falls behind reads by itself until it
 * has caught up again.
 */
export function tail(
  { database, feed, tails }: { database: Database; feed: TickFeed; tails: TailShares },
  input: TailInput,
): Stream<TailMessage> {
  let source: TailSource | undefined = new TailSource(database, feed, input)
  let follower: Follower | undefined
  return createStream({
    async pull(signal) {
      while (!signal.aborted) {
        if (follower) {
          const message = await follower.next()
          if (message || signal.aborted) return message
          follower.leave()
          source = new TailSource(database, feed, input, follower.position)
          follower = undefined
        }
        const message = await source?.read(signal)
        if (message || signal.aborted) return message ?? undefined
        follower = source && tails.join(input, source)
        if (follower) source = undefined
        else await source?.wait()
      }
      return undefined
    },
    interrupt() {
      source?.end()
      follower?.leave()
    },
  })
}
