/** Checked by `npm run typecheck`: nothing here runs. */
import {
  type Batch,
  createClient,
  createPublisher,
  type Event,
  type EventBatch,
  type EventTypeDifference,
  fail,
  type InvalidPayloadError,
  type KnownEventTypes,
  type PgqClient,
  type ReceivedEvent,
  retry,
  type TypedEvent,
  type TypedEventInput,
  type TypedEvents,
  type UnknownEvent,
} from '@pgq-graphql/client'
import { expectTypeOf, test } from 'vitest'
import type { HasAny } from './any.ts'

interface Created {
  id: number
  note?: string
}
interface Shipped {
  id: number
  at: string
}
/** Types in the form that the generator writes. */
interface EventTypes {
  orders: { created: Created; shipped: Shipped }
  '1': { '2': Created; "it's": string | null }
}
declare const eventTypes: KnownEventTypes<EventTypes>

const url = 'http://localhost:4000/graphql'
const client = createClient({ url, eventTypes })
const consumer = { consumer: 'a' }
const created = (_event: TypedEvent<'created', Created>) => {}
const shipped = (_event: TypedEvent<'shipped', Shipped>) => {}
const fallback = () => fail('unknown')

test('a client has the types that it is made with', () => {
  expectTypeOf(client).toEqualTypeOf<PgqClient<EventTypes>>()
  expectTypeOf(createClient({ url })).toEqualTypeOf<PgqClient>()
  // @ts-expect-error types alone would not keep bad payloads from the handlers
  createClient<EventTypes>({ url })
})

test('nothing that is typed decays to any', () => {
  expectTypeOf<HasAny<PgqClient<EventTypes>>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<ReceivedEvent<EventTypes['orders']>>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<TypedEvents<EventTypes['orders']>>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<TypedEventInput<EventTypes['orders']>>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<UnknownEvent>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<EventTypeDifference>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<Batch<EventTypes, ReceivedEvent<EventTypes['orders']>>>>().toEqualTypeOf<false>()
})

test('a payload is checked where it is published', () => {
  expectTypeOf(client.publish('orders', 'created', { id: 1 })).toEqualTypeOf<Promise<string>>()
  expectTypeOf(client.publish('orders', { type: 'shipped', json: { id: 1, at: '' } })).toEqualTypeOf<
    Promise<string>
  >()
  expectTypeOf(
    client.publish('orders', [
      { type: 'created', json: { id: 1 } },
      { type: 'shipped', json: { id: 1, at: '' }, extra1: 'key' },
    ]),
  ).toEqualTypeOf<Promise<string[]>>()
  void client.publish('orders', 'created', { id: 1 }, { extra1: 'key', signal: AbortSignal.timeout(1) })
  void client.publish('1', "it's", null)
  // @ts-expect-error an id is a number
  void client.publish('orders', 'created', { id: '1' })
  // @ts-expect-error an id is required
  void client.publish('orders', 'created', {})
  // @ts-expect-error a name that the schema does not have
  void client.publish('orders', 'created', { id: 1, nope: 2 })
  // @ts-expect-error the payload of another type
  void client.publish('orders', { type: 'shipped', json: { id: 1 } })
  const partial = { type: 'shipped', json: { id: 1 } } as const
  // @ts-expect-error one of several
  void client.publish('orders', [{ type: 'created', json: { id: 1 } }, partial])
  // @ts-expect-error a type that is not registered
  void client.publish('orders', 'refunded', { id: 1 })
  // @ts-expect-error any text in place of a payload
  void client.publish('orders', { type: 'created', data: '{}' })
  // @ts-expect-error no type
  void client.publish('orders', { json: { id: 1 } })
})

test('a publisher is checked', () => {
  const publisher = client.publisher('orders')
  expectTypeOf(publisher.publish('created', { id: 1 })).toEqualTypeOf<Promise<string>>()
  void publisher.publish({ type: 'created', json: { id: 1 }, extra2: 'x' })
  // @ts-expect-error an id is a number
  void publisher.publish('created', { id: '1' })
  // @ts-expect-error the payload of another type
  void publisher.publish({ type: 'shipped', json: { id: 1 } })
  const alone = createPublisher<EventTypes['orders']>('orders', { url })
  void alone.publish('shipped', { id: 1, at: '' })
  // @ts-expect-error an id is required
  void alone.publish('shipped', { at: '' })
  const untyped = createPublisher('orders', { url })
  void untyped.publish({ data: 'any text' })
  // @ts-expect-error no type is known
  void untyped.publish('created', { id: 1 })
})

test('handlers are given the payload of their type', () => {
  client.consume('orders', consumer, {
    types: {
      created(event, batch) {
        expectTypeOf(event).toEqualTypeOf<TypedEvent<'created', Created>>()
        expectTypeOf(event.json).toEqualTypeOf<Created>()
        expectTypeOf(event.type).toEqualTypeOf<'created'>()
        expectTypeOf(batch).toEqualTypeOf<EventBatch<EventTypes>>()
        batch.publish('orders', 'shipped', { id: event.json.id, at: event.time })
        batch.publish('other', { data: 'any text' })
        // @ts-expect-error `at` is required
        batch.publish('orders', 'shipped', { id: event.json.id })
        return event.retry === null ? retry(5) : undefined
      },
      shipped: async (event) => {
        expectTypeOf(event.json.at).toEqualTypeOf<string>()
      },
    },
    check(event) {
      expectTypeOf(event).toEqualTypeOf<TypedEvents<EventTypes['orders']>>()
    },
    invalid(event, _batch, error) {
      expectTypeOf(event).toEqualTypeOf<Event>()
      expectTypeOf(error).toEqualTypeOf<InvalidPayloadError>()
      return fail(error.message)
    },
    fallback(event) {
      expectTypeOf(event).toEqualTypeOf<Event>()
      return fail('unknown type')
    },
  })
  client.consume('1', consumer, { types: { '2': () => {}, "it's": (event) => void event.json }, fallback })
})

test('handlers leave out no registered type, and no other', () => {
  client.consume('orders', consumer, { types: { created, shipped }, fallback })
  // @ts-expect-error shipped is left out
  client.consume('orders', consumer, { types: { created }, fallback })
  // @ts-expect-error unknown types need a handler
  client.consume('orders', consumer, { types: { created, shipped } })
  // @ts-expect-error refunded is not registered
  client.consume('orders', consumer, { types: { created, shipped, refunded() {} }, fallback })
  // @ts-expect-error the handler of another type
  client.consume('orders', consumer, { types: { created: shipped, shipped }, fallback })
  // @ts-expect-error true is no outcome
  client.consume('orders', consumer, { types: { created: () => true, shipped }, fallback })
})

test('what nothing has looked at is told apart by type, and may be no JSON', async () => {
  const tell = (event: ReceivedEvent<EventTypes['orders']>): string => {
    if (event.type === 'created') expectTypeOf(event.json).toEqualTypeOf<Created | null>()
    if (event.json === null) return 'no JSON'
    switch (event.type) {
      case 'created':
        expectTypeOf(event).toEqualTypeOf<TypedEvent<'created', Created>>()
        return String(event.json.id)
      case 'shipped':
        return event.json.at
      default:
        expectTypeOf(event).toEqualTypeOf<UnknownEvent>()
        expectTypeOf<UnknownEvent['json']>().toEqualTypeOf<unknown>()
        return event.type ?? ''
    }
  }
  for await (const message of client.tail('orders')) {
    if (message.__typename === 'TickBatch') for (const event of message.events) tell(event)
  }
  for await (const batch of client.batches('orders', consumer)) {
    for (const event of batch.events) tell(event)
    batch.publish('orders', 'created', { id: 1 })
  }
  client.consume('orders', consumer, (batch) => {
    expectTypeOf(batch).toEqualTypeOf<Batch<EventTypes, ReceivedEvent<EventTypes['orders']>>>()
    for (const event of batch.events) tell(event)
  })
  client.consume('orders', consumer, { event: (event) => void tell(event) })
})

test('a queue that is not registered, or not named in the program, takes and gives any event', async () => {
  const name: string = 'computed'
  for (const queue of ['mails', name] as const) {
    expectTypeOf(client.publish(queue, { type: 'any', data: '' })).toEqualTypeOf<Promise<string>>()
    client.consume(queue, consumer, {
      types: { any: (event) => expectTypeOf(event).toEqualTypeOf<Event>() && undefined },
      fallback,
    })
    client.consume(queue, consumer, (batch) => {
      expectTypeOf(batch.events).toEqualTypeOf<readonly Event[]>()
    })
    void client.publisher(queue).publish({ data: '' })
  }
  // @ts-expect-error a payload without a type to check it by, such as after a slip in the queue's name
  void client.publish('order', 'created', { id: 1 })
  for await (const message of client.tail('mails')) {
    if (message.__typename === 'TickBatch') expectTypeOf(message.events).toEqualTypeOf<readonly Event[]>()
  }
})

test('differences to the server are listed', () => {
  expectTypeOf(client.checkEventTypes()).toEqualTypeOf<Promise<EventTypeDifference[]>>()
})
