import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Database } from '../../postgres/connections.ts'
import { untilAvailable } from '../../postgres/outage.ts'
import { findNewestTicks, type TickRow } from '../../resolvers/ticks/ticks.ts'
import { createStream, type Stream } from '../stream.ts'
import type { TickFeed } from './tick-feed.ts'
import { type Gap, TickReader } from './tick-reader.ts'

export type TickMessage = { kind: 'tick'; tick: TickRow } | { kind: 'gap'; gap: Gap }

/** Each tick of a queue after a cursor, or each new one when `after` is null. */
export function ticksOfQueue(
  { database, feed }: { database: Database; feed: TickFeed },
  queue: string,
  after: Int8 | null,
): Stream<TickMessage> {
  const hints = feed.subscribe(queue)
  const reader = new TickReader(database, queue, after)
  return createStream({
    async pull(signal) {
      while (!signal.aborted) {
        const entry = await untilAvailable(signal, () => reader.next())
        if (entry) return entry
        await hints.next()
      }
      return undefined
    },
    interrupt: () => hints.end(),
  })
}

/** Each new tick of every queue. A queue that is made meanwhile is read from its first tick. */
export function ticksOfAllQueues({
  database,
  feed,
}: {
  database: Database
  feed: TickFeed
}): Stream<TickMessage> {
  const hints = feed.subscribe(null)
  let readers: Map<string, TickReader> | undefined
  let current: { queue: string; reader: TickReader } | undefined
  return createStream({
    async pull(signal) {
      readers ??= await untilAvailable(signal, () => readersAtNewest(database))
      while (readers && !signal.aborted) {
        const reading = current
        const entry = reading && (await untilAvailable(signal, () => nextUnlessDropped(reading.reader)))
        if (entry && entry !== 'dropped') return entry
        if (entry === 'dropped' && reading) readers.delete(reading.queue)
        const hint = await hints.next()
        if (hint.done) break
        const { queue } = hint.value
        current = { queue, reader: readers.get(queue) ?? new TickReader(database, queue, '0') }
        readers.set(queue, current.reader)
      }
      return undefined
    },
    interrupt: () => hints.end(),
  })
}

async function readersAtNewest(database: Database): Promise<Map<string, TickReader>> {
  const newest = await findNewestTicks(database)
  return new Map(newest.map(({ queue, tickId }) => [queue, new TickReader(database, queue, tickId)]))
}

async function nextUnlessDropped(reader: TickReader) {
  try {
    return await reader.next()
  } catch (error) {
    if (error instanceof PgqError && error.code === 'QUEUE_NOT_FOUND') return 'dropped'
    throw error
  }
}
