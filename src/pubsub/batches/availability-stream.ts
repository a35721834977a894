import { type Int8, isAfter } from '../../int8.ts'
import { untilAvailable } from '../../postgres/outage.ts'
import { type ConsumerRow, consumerByName } from '../../resolvers/consumers/consumers.ts'
import { consumerNotFound, queueNotFound } from '../../resolvers/grants.ts'
import { queueByName } from '../../resolvers/queues/queues.ts'
import type { LiveView } from '../live-view.ts'
import { createStream, type Stream } from '../stream.ts'

/** States that a consumer has a batch to open, or one that is open already. */
export interface BatchAvailability {
  consumer: ConsumerRow
  /** Newest tick of the queue, up to which the consumer could read. */
  tickId: Int8
}

/**
 * Says when a consumer has a batch to open, at once and then once for each new tick, without opening it. Subscribers
 * woken by the same tick share one query.
 */
export function batchAvailable(
  view: LiveView,
  input: { queue: string; consumer: string },
): Stream<BatchAvailability> {
  const hints = view.live.feed.subscribe(input.queue)
  let announced: Int8 | null = null

  const look = async (): Promise<BatchAvailability | null> => {
    const [consumer, queue] = await Promise.all([
      view.load(consumerByName, { queue: input.queue, name: input.consumer }),
      view.load(queueByName, input.queue),
    ])
    if (!queue) throw queueNotFound(input.queue)
    if (!consumer) throw consumerNotFound(input.queue, input.consumer)
    const tickId = queue.lastTickId
    const isNew = tickId !== null && tickId !== announced
    const isReady =
      consumer.currentBatchId !== null || (tickId !== null && isAfter(tickId, consumer.lastTick ?? '0'))
    return isNew && isReady ? { consumer, tickId } : null
  }

  const stream = createStream<BatchAvailability>({
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
  return view.live.streams.add(stream)
}
