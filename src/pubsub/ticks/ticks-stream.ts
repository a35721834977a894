import type { Caller } from '../../caller.ts'
import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Database } from '../../postgres/database.ts'
import { untilAvailable } from '../../postgres/outage.ts'
import { requireGrant } from '../../resolvers/grants.ts'
import { findNewestTicks, type TickRow } from '../../resolvers/ticks/ticks.ts'
import type { LiveView } from '../live-view.ts'
import { createStream, type Stream } from '../stream.ts'
import { type Gap, TickReader } from './tick-reader.ts'

export type TickMessage = { kind: 'tick'; tick: TickRow } | { kind: 'gap'; gap: Gap }

/**
 * Gives each tick of a queue after a cursor, or each new one when there is no cursor; without a queue, each new tick
 * of every queue.
 *
 * @throws PgqError `BAD_INPUT` for a cursor without a queue; `QUEUE_NOT_FOUND`, `FORBIDDEN` where the caller may read none.
 */
export function ticks(
  view: LiveView,
  caller: Caller,
  { queue, after }: { queue?: string | null | undefined; after?: Int8 | null | undefined },
): Stream<TickMessage> {
  const isReadable = (name: string) => caller.access.allows(['read'], { database: view.name, queue: name })
  const place = { database: view.name, queue: queue ?? undefined }
  if (queue == null ? !caller.access.allowsSome(['read'], place) : !isReadable(queue))
    requireGrant(caller, { verbs: ['read'], place })
  if (queue != null) return view.live.streams.add(ticksOfQueue(view, queue, after ?? null))
  if (after == null) return view.live.streams.add(ticksOfAllQueues(view, isReadable))
  throw new PgqError('BAD_INPUT', 'after needs a queue: each queue counts its own ticks', { field: 'after' })
}

/** Gives each tick of a queue after a cursor, or each new one when `after` is null. */
function ticksOfQueue({ database, live }: LiveView, queue: string, after: Int8 | null): Stream<TickMessage> {
  const hints = live.feed.subscribe(queue)
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

/** Gives each new tick of every queue that may be read. A queue created meanwhile is read from its first tick. */
function ticksOfAllQueues(
  { database, live }: LiveView,
  isReadable: (queue: string) => boolean,
): Stream<TickMessage> {
  const hints = live.feed.subscribe(null)
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
        if (!isReadable(queue)) continue
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
