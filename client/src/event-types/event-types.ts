import type { Event } from '../event.ts'
import type { EventInput } from '../generated/operations.ts'

/**
 * What `@pgq-graphql/codegen` writes as `eventTypes`: which types of events there are, each with the version of its schema.
 * `Types` has their payloads, as `{ orders: { created: OrdersCreated } }`.
 */
export interface KnownEventTypes<Types extends object>
  extends ReadonlyArray<readonly [queue: string, type: string, version: number]> {
  /** Exists for the compiler alone. */
  readonly __types?: (types: Types) => Types
}

/** An event of a registered type. `json` is what its schema says. */
export interface TypedEvent<Type extends string, Payload> extends Event {
  readonly type: Type
  readonly json: Payload
}

/** Some text, which is none of the registered types. Nothing of it exists at run time. */
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
 * What may come out of a queue, where nothing has looked at the payloads yet: `json` is null where an event of a registered
 * type holds no JSON, and some events are of none of the types.
 */
export type ReceivedEvent<Payloads> =
  | {
      [Type in keyof Payloads & string]: TypedEvent<Type, Payloads[Type]> | TypedEvent<Type, null>
    }[keyof Payloads & string]
  | UnknownEvent

/** To publish: the type and what its schema asks for, beside `extra1` to `extra4`. */
export type TypedEventInput<Payloads> = {
  [Type in keyof Payloads & string]: EventExtras & { type: Type; json: Payloads[Type] }
}[keyof Payloads & string]

export type EventExtras = Pick<EventInput, 'extra1' | 'extra2' | 'extra3' | 'extra4'>

/** Any text; editors offer those that are known. */
export type QueueName<Types extends object> = (keyof Types & string) | (string & Record<never, never>)

/** Of a queue without registered types, and of one whose name is not known to the compiler: any event. */
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
