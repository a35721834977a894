import type { Event } from '../event.ts'
import type { EventInput } from '../generated/operations.ts'

/**
 * Lists the event types, each with the version of its schema. `@pgq-graphql/codegen` writes it as `eventTypes`.
 * `Types` has their payloads, as `{ orders: { created: OrdersCreated } }`.
 */
export interface KnownEventTypes<Types extends object>
  extends ReadonlyArray<readonly [queue: string, type: string, version: number]> {
  /** This member exists for the compiler alone. */
  readonly __types?: (types: Types) => Types
}

/** An event of a registered type. `json` is what its schema says. */
export interface TypedEvent<Type extends string, Payload> extends Event {
  readonly type: Type
  readonly json: Payload
}

/** Stands for a text that is none of the registered types. Nothing of it exists at run time. */
declare enum UnregisteredType {
  text = 'any other text',
}

/** An event of a type that is not registered, or was not when the types were generated, or without a type. */
export interface UnknownEvent extends Event {
  readonly type: UnregisteredType | null
}

/** The registered events of a queue, told apart by `type`. */
export type TypedEvents<Payloads> = {
  [Type in keyof Payloads & string]: TypedEvent<Type, Payloads[Type]>
}[keyof Payloads & string]

/**
 * An event as it comes out of a queue, before anything has looked at its payload. `json` is null where an event of a
 * registered type holds no JSON, and some events are of none of the types.
 */
export type ReceivedEvent<Payloads> =
  | {
      [Type in keyof Payloads & string]: TypedEvent<Type, Payloads[Type]> | TypedEvent<Type, null>
    }[keyof Payloads & string]
  | UnknownEvent

/** An event to publish has a type and what its schema asks for, and may have `extra1` to `extra4`. */
export type TypedEventInput<Payloads> = {
  [Type in keyof Payloads & string]: EventExtras & { type: Type; json: Payloads[Type] }
}[keyof Payloads & string]

export type EventExtras = Pick<EventInput, 'extra1' | 'extra2' | 'extra3' | 'extra4'>

/** Any text is a name; editors offer those that are known. */
export type QueueName<Types extends object> = (keyof Types & string) | (string & Record<never, never>)

/** The events of a queue. They are any events where no types are registered, or the compiler does not know the name. */
export type EventOf<Types extends object, Queue extends string> = [Queue] extends [keyof Types]
  ? ReceivedEvent<Types[Queue]>
  : Event

export type EventInputOf<Types extends object, Queue extends string> = [Queue] extends [keyof Types]
  ? TypedEventInput<Types[Queue]>
  : EventInput

/** The payloads of a queue's registered types, by type; an empty object for a queue without any. */
export type PayloadsOf<Types extends object, Queue extends string> = [Queue] extends [keyof Types]
  ? Types[Queue] & object
  : object
