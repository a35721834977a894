import type { Event } from '../event.ts'
import type { EventOf, TypedEvent, TypedEvents } from '../event-types/event-types.ts'
import { type Check, type InvalidPayloadError, invalidity } from '../event-types/invalid-payload.ts'
import { isPromise } from '../promise.ts'
import type { Batch } from './batch.ts'
import type { ConsumeOptions } from './consume-options.ts'
import type { EventOutcome } from './outcome.ts'

/** The handler of a single event sees this part of the event's batch. */
export type EventBatch<Types extends object = object> = Pick<
  Batch<Types>,
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
 * A handler is called for each event. Its return says what becomes of the event: `retry(…)`, `fail(…)`, or nothing
 * when it is done. A throw delivers the event again after a delay that grows, until it becomes a dead letter. The
 * other events go on.
 */
export type EventHandler<HandledEvent extends Event = Event, Types extends object = object> = (
  event: HandledEvent,
  batch: EventBatch<Types>,
) => EventReturn | Promise<EventReturn>

// biome-ignore lint/suspicious/noConfusingVoidType: `undefined` would refuse a handler that is declared to return void.
type EventReturn = EventOutcome | void

/**
 * There is one handler for all events, or one for each type. No type that is registered for the queue may be left
 * out.
 */
export type EventHandlers<Types extends object = object, Queue extends string = string> =
  | { readonly event: EventHandler<EventOf<Types, Queue>, Types> }
  | ([Queue] extends [keyof Types] ? TypedHandlers<Types, Queue> : UntypedHandlers<Types>)

export interface UntypedHandlers<Types extends object = object> {
  readonly types: Readonly<Record<string, EventHandler<Event, Types>>>
  /** Gets events of all other types, and those without a type. */
  readonly fallback: EventHandler<Event, Types>
}

/** The handlers of a queue with registered types. */
export interface TypedHandlers<Types extends object, Queue extends keyof Types> {
  readonly types: {
    readonly [Type in keyof Types[Queue] & string]: EventHandler<TypedEvent<Type, Types[Queue][Type]>, Types>
  }
  /** Gets events of types that were not registered when the client was made, and those without a type. */
  readonly fallback: EventHandler<Event, Types>
  /** Looks at a payload before the handler of its type is given it: a throw, or a rejection, refuses it for good. */
  readonly check?: ((event: TypedEvents<Types[Queue]>) => unknown) | undefined
  /**
   * Gets events of a registered type whose payload is not JSON, or was refused by `check`. By default they become dead
   * letters, with the error's message as the reason.
   */
  readonly invalid?: InvalidHandler<Types> | undefined
}

export type InvalidHandler<Types extends object = object> = (
  event: Event,
  batch: EventBatch<Types>,
  error: InvalidPayloadError,
) => ReturnType<EventHandler>

export interface EventConsumeOptions extends ConsumeOptions {
  /** How many events of a batch are in work at once. Default 1. */
  concurrency?: number | undefined
  /**
   * Events with the same key are never in work at once, and are begun in their order. Keys are compared as in a Map.
   */
  orderBy?: ((event: Event) => unknown) | undefined
}

/** Handlers of either kind, without their types. */
type Handlers = { readonly event: EventHandler } | (UntypedHandlers & GuardOptions)

interface GuardOptions {
  readonly check?: Check | undefined
  readonly invalid?: InvalidHandler | undefined
}

/** @throws TypeError for handlers that leave out an event. */
export function handlerOf(
  handlers: Handlers,
  registeredTypes: ReadonlySet<string>,
): (event: Event) => EventHandler {
  if ('event' in handlers) {
    const handler = checkHandler('event', handlers.event)
    return () => handler
  }
  const fallback = checkHandler('fallback', handlers.fallback)
  // Without TypeScript they may be missing.
  const byType = new Map(Object.entries(handlers.types ?? {}))
  for (const [type, handler] of byType) {
    checkHandler(`types.${type}`, handler)
    if (registeredTypes.has(type)) byType.set(type, guarded(handler, handlers))
  }
  return ({ type }) => (type === null ? undefined : byType.get(type)) ?? fallback
}

/** Calls the handler only for events that hold the payload that it was promised. */
function guarded(handler: EventHandler, { check, invalid }: GuardOptions): EventHandler {
  return (event, batch) => {
    const pass = (error: InvalidPayloadError | undefined) => {
      if (!error) return handler(event, batch)
      if (!invalid) throw error
      return invalid(event, batch, error)
    }
    const found = invalidity(event, check)
    return isPromise(found) ? found.then(pass) : pass(found)
  }
}

function checkHandler(name: string, handler: unknown): EventHandler {
  if (typeof handler === 'function') return handler as EventHandler
  throw new TypeError(`The handler ${name} must be a function; no event may go without one`)
}
