import type { PgqClientError } from './errors.ts'
import { type Event, toEvent } from './event.ts'
import type { EventFilter, TailSubscription } from './generated/operations.ts'
import { QueueTickDocument, TailDocument } from './generated/operations.ts'
import { interruptible } from './interruptible.ts'
import type { Target } from './target.ts'
import { reconnecting } from './transport/reconnect.ts'

export interface TailOptions {
  /** The last tick that you have, int8 as a decimal string. Without it only events that are still to come are given. */
  after?: string | undefined
  filter?: EventFilter | undefined
  /** Ends the iteration. */
  signal?: AbortSignal | undefined
  /** Is called when the connection was lost; it is made again after this delay. */
  onLost?: ((error: PgqClientError, retryInMs: number) => void) | undefined
}

type TailMessageFields = TailSubscription['tail']

/** The events between two ticks, or a part of them. `tickId` is a cursor only when `isComplete`. */
export type TickBatch<TailEvent extends Event = Event> = Omit<
  Extract<TailMessageFields, { __typename: 'TickBatch' }>,
  'events'
> & {
  events: readonly TailEvent[]
}

/** Tells that the log between these ticks is gone. */
export type Gap = Extract<TailMessageFields, { __typename: 'Gap' }>

/** The two kinds are told apart by `__typename`. */
export type TailMessage<TailEvent extends Event = Event> = TickBatch<TailEvent> | Gap

/**
 * Reads the log of a queue from a cursor on, and goes on where a connection broke off. Each event is given once, in the
 * order of ticks.
 *
 * Without `after` the cursor is asked for first, so that a connection that breaks before the first event skips none.
 */
export function tail(
  { transport, database, queue }: Target,
  options: TailOptions,
): AsyncIterableIterator<TailMessage, void> {
  let after = options.after
  /** The part of the tick after `after` that was given already. */
  let part: { tickId: string; lastEventId: bigint } | undefined

  async function* connect(signal: AbortSignal): AsyncGenerator<TailMessage, void> {
    after ??= await newestTick({ transport, database, queue }, signal)
    const variables = { database, queue, after: after ?? null, filter: options.filter ?? null }
    for await (const { tail: message } of transport.subscribe(TailDocument, variables, { signal })) {
      if (message.__typename === 'Gap') {
        after = message.toTick
        part = undefined
        yield message
        continue
      }
      const seen = part?.tickId === message.tickId ? part.lastEventId : -1n
      const fresh = message.events.filter((event) => BigInt(event.eventId) > seen)
      const last = fresh.at(-1)
      if (message.isComplete) {
        after = message.tickId
        part = undefined
      } else if (last) part = { tickId: message.tickId, lastEventId: BigInt(last.eventId) }
      else continue
      yield { ...message, events: fresh.map(toEvent) }
    }
  }

  return interruptible(options.signal, (signal) =>
    reconnecting({ connect: () => connect(signal), signal, onLost: options.onLost }),
  )
}

/** Gives undefined for a queue without ticks, and for one that is missing; the subscription tells the two apart. */
async function newestTick(
  { transport, database, queue }: Target,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await transport.request(QueueTickDocument, { database, queue }, signal)
  return answer.queue?.lastTickId ?? undefined
}
