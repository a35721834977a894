import type { Batch } from './batch.ts'
import type { ConsumeOptions } from './consume-options.ts'
import type { Event } from './event.ts'
import type { EventOutcome } from './outcome.ts'
import type { RetryOptions } from './retry-policy.ts'

/** The batch of an event, as the handler of a single event sees it. */
export type EventBatch = Pick<
  Batch,
  | 'batchId'
  | 'queue'
  | 'consumerName'
  | 'prevTickId'
  | 'tickId'
  | 'startTime'
  | 'endTime'
  | 'attempt'
  | 'signal'
  /** Forgotten when the handler of this event throws. */
  | 'publish'
>

/**
 * Called for each event. Its return says what becomes of the event: `retry(…)`, `fail(…)`, or nothing when it is done. A
 * throw delivers the event again after a delay that grows, until it becomes a dead letter. The other events go on.
 */
export type EventHandler = (event: Event, batch: EventBatch) => EventReturn | Promise<EventReturn>

// biome-ignore lint/suspicious/noConfusingVoidType: `undefined` would refuse a handler that is declared to return void.
type EventReturn = EventOutcome | void

export type EventHandlers =
  /** One for all events. */
  | { readonly event: EventHandler }
  /** By the event's type; `fallback` is for all others, and for events without a type. */
  | { readonly types: Readonly<Record<string, EventHandler>>; readonly fallback: EventHandler }

export interface EventConsumeOptions extends ConsumeOptions {
  /** Events of a batch that are in work at once. Default 1. */
  concurrency?: number | undefined
  /** Events with the same key are never in work at once, and are begun in their order. By identity, as in a Map. */
  orderBy?: ((event: Event) => unknown) | undefined
  /** What becomes of an event whose handler throws. */
  retries?: RetryOptions | undefined
}

/** @throws TypeError for handlers that leave out an event. */
export function handlerOf(handlers: EventHandlers): (event: Event) => EventHandler {
  if ('event' in handlers) {
    const handler = checkHandler('event', handlers.event)
    return () => handler
  }
  const fallback = checkHandler('fallback', handlers.fallback)
  const byType = new Map(Object.entries(handlers.types))
  for (const [type, handler] of byType) checkHandler(`types.${type}`, handler)
  return ({ type }) => (type === null ? undefined : byType.get(type)) ?? fallback
}

function checkHandler(name: string, handler: unknown): EventHandler {
  if (typeof handler === 'function') return handler as EventHandler
  throw new TypeError(`The handler ${name} must be a function; no event may go without one`)
}
