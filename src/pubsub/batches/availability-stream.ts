import { PgqError } from '../../errors.ts'
import { type Int8, isAfter } from '../../int8.ts'
import type { Database } from '../../postgres/connections.ts'
import { untilAvailable } from '../../postgres/outage.ts'
import { type ConsumerRow, findConsumer } from '../../resolvers/consumers/consumers.ts'
import type { Context } from '../../resolvers/context.ts'
import { createStream, type Stream } from '../stream.ts'
import type { TickFeed } from '../ticks/tick-feed.ts'

/** A consumer has a batch to open, or to open again. */
export interface BatchAvailability {
  consumer: ConsumerRow
  /** The newest tick that it could read up to. */
  tickId: Int8
}

/**
 * Says when a consumer has something to open, at once and then once for each new tick. It opens nothing. Subscribers
 * that a tick wakes together share one look at the database.
 */
export function batchAvailable(
  context: Context,
  { database, feed }: { database: Database; feed: TickFeed },
  input: { queue: string; consumer: string },
): Stream<BatchAvailability> {
  const hints = feed.subscribe(input.queue)
  let announced: Int8 | null = null

  const look = async (): Promise<BatchAvailability | null> => {
    const key = { database: database.name, queue: input.queue, name: input.consumer }
    const [consumer, queue] = await Promise.all([
      findConsumer(context, key),
      context.loaders.queue.load({ database: database.name, name: input.queue }),
    ])
    if (!queue)
      throw new PgqError('QUEUE_NOT_FOUND', `Queue "${input.queue}" does not exist`, { field: 'queue' })
    if (!consumer) {
      const message = `Consumer "${input.consumer}" is not registered on queue "${input.queue}"; use registerConsumer`
      throw new PgqError('CONSUMER_NOT_FOUND', message, { field: 'consumer' })
    }
    const tickId = queue.lastTickId
    const isNew = tickId !== null && (announced === null || isAfter(tickId, announced))
    const isReady =
      consumer.currentBatchId !== null || (tickId !== null && isAfter(tickId, consumer.lastTick ?? '0'))
    return isNew && isReady ? { consumer, tickId } : null
  }

  return createStream({
    async pull(signal) {
      while (!signal.aborted) {
        const found = await untilAvailable(signal, look)
        if (found) {
          announced = found.tickId
          return found
        }
        await hints.next()
      }
      return undefined
    },
    interrupt: () => hints.end(),
  })
}
