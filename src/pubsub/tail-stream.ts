import type { Database } from '../database/database.ts'
import { PgqError } from '../errors.ts'
import type { Int8 } from '../int8.ts'
import { type EventFilter, type EventRow, pageTickEvents } from '../resolvers/event.ts'
import { createStream, type Stream } from './stream.ts'
import type { TickFeed } from './tick-feed.ts'
import { type Gap, type TickLogEntry, TickReader } from './tick-reader.ts'
import { untilAvailable } from './wait.ts'

/** The events between two ticks, or a part of them. */
export interface TickBatch {
  tickId: Int8
  prevTickId: Int8
  time: string
  events: EventRow[]
  /** False when more of the same tick follows; `tickId` is a cursor only when this is true. */
  isComplete: boolean
}

export type TailMessage = { kind: 'batch'; batch: TickBatch } | { kind: 'gap'; gap: Gap }

interface TailInput {
  queue: string
  after: Int8 | null
  filter?: EventFilter | null | undefined
  /** Events in one message. */
  maxEvents: number
}

/**
 * The batches of a queue as a shared log: from a cursor, or from now on when `after` is null, without a registered
 * consumer. A batch larger than a message comes in parts, in the order of event ids.
 */
export function tail(
  { database, feed }: { database: Database; feed: TickFeed },
  input: TailInput,
): Stream<TailMessage> {
  const hints = feed.subscribe(input.queue)
  const reader = new TickReader(database, input.queue, input.after)
  let current: { entry: TickLogEntry & { kind: 'tick' }; after: Int8 | null } | undefined

  const readPart = async (): Promise<TailMessage> => {
    if (!current) throw new Error('no tick to read')
    const { queueId, prevTickId, tick } = current.entry
    const { events, hasNextPage, endCursor } = await pageTickEvents(database, {
      queueId,
      fromTick: prevTickId,
      toTick: tick.tickId,
      filter: input.filter,
      first: input.maxEvents,
      after: current.after,
    })
    if (hasNextPage) current.after = endCursor
    else current = undefined
    return {
      kind: 'batch',
      batch: { tickId: tick.tickId, prevTickId, time: tick.time, events, isComplete: !hasNextPage },
    }
  }

  return createStream({
    async pull(signal) {
      while (!signal.aborted) {
        if (!current) {
          const entry = await untilAvailable(signal, () => reader.next())
          if (entry?.kind === 'gap') return entry
          if (entry) current = { entry, after: null }
        }
        if (!current) {
          await hints.next()
          continue
        }
        const { prevTickId, tick } = current.entry
        try {
          const message = await untilAvailable(signal, readPart)
          if (message) return message
        } catch (error) {
          if (!(error instanceof PgqError && error.code === 'NOT_FOUND')) throw error
          // Rotation was faster than this reader.
          current = undefined
          return { kind: 'gap', gap: reader.skipTo(tick.tickId, prevTickId) }
        }
      }
      return undefined
    },
    interrupt: () => hints.end(),
  })
}
