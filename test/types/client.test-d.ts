/** Checked by `npm run typecheck`: nothing here runs. */
import {
  type Batch,
  type ClientOptions,
  type ConsumeProblem,
  type ConsumerInfo,
  type Consumption,
  createClient,
  createPublisher,
  type DeadLetter,
  ErrorCode,
  type Event,
  type EventBatch,
  type EventConsumeOptions,
  type EventHandler,
  type EventHandlers,
  type EventInput,
  type EventOutcome,
  fail,
  type Gap,
  type OpenBatch,
  type PgqClient,
  type PgqClientError,
  type Publisher,
  type PublisherOptions,
  type QueueInfo,
  type RetryOptions,
  retry,
  type TailMessage,
  type TailOptions,
  type TickBatch,
  type TypedDocument,
  webSocket,
} from '@pgq-graphql/client'
import { expectTypeOf, test } from 'vitest'
import type { HasAny, IsAny } from './any.ts'

const client = createClient({ url: 'http://localhost:4000/graphql' })
declare const error: PgqClientError

test('the search for any finds it', () => {
  expectTypeOf<IsAny<unknown>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<{ a: { b: string }[] }>>().toEqualTypeOf<false>()
  // biome-ignore lint/suspicious/noExplicitAny: What is to be found.
  expectTypeOf<HasAny<{ a: { b: (c: any) => void }[] }>>().toEqualTypeOf<boolean>()
})

test('nothing that is exported decays to any', () => {
  expectTypeOf<HasAny<PgqClient>>().toEqualTypeOf<false>()
  expectTypeOf<
    HasAny<Pick<PgqClientError, 'code' | 'field' | 'errorId' | 'message'>>
  >().toEqualTypeOf<false>()
  expectTypeOf<
    HasAny<[typeof createPublisher, typeof createClient, typeof retry, typeof fail]>
  >().toEqualTypeOf<false>()
  expectTypeOf<HasAny<ClientOptions>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<Batch>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<OpenBatch>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<ConsumeProblem>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<Consumption>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<Event>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<EventBatch>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<EventConsumeOptions>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<EventHandlers>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<EventInput>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<EventOutcome>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<Publisher>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<PublisherOptions>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<RetryOptions>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<TailMessage>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<TailOptions>>().toEqualTypeOf<false>()
})

test('a token is a text, or a function that gives one, now or later', () => {
  const url = 'http://localhost:4000/graphql'
  createClient({ url, token: 'x' })
  createClient({ url, token: () => 'x' })
  createClient({ url, token: async () => 'x', transport: webSocket() })
  createPublisher('orders', { url, token: async () => 'x' })
  // @ts-expect-error There is a token, or the function throws.
  createClient({ url, token: async () => undefined })
})

test('ids are strings, payloads unknown', () => {
  expectTypeOf<Event['eventId']>().toEqualTypeOf<string>()
  expectTypeOf<Event['txid']>().toEqualTypeOf<string>()
  expectTypeOf<Event['time']>().toEqualTypeOf<string>()
  expectTypeOf<Event['json']>().toEqualTypeOf<unknown>()
  expectTypeOf<Event['retry']>().toEqualTypeOf<number | null>()
  expectTypeOf<EventInput['json']>().toEqualTypeOf<unknown>()
  expectTypeOf<Batch['tickId']>().toEqualTypeOf<string>()
})

test('one event gives one id, several give several', () => {
  expectTypeOf(client.publish('orders', { data: '' })).toEqualTypeOf<Promise<string>>()
  expectTypeOf(client.publish('orders', [{ data: '' }])).toEqualTypeOf<Promise<string[]>>()
  expectTypeOf(client.publisher('orders').publish({ data: '' })).toEqualTypeOf<Promise<string>>()
  expectTypeOf(createPublisher('orders', { url: '' })).toEqualTypeOf<Publisher>()
  // @ts-expect-error a payload is `json` or `data`
  void client.publish('orders', { payload: 1 })
})

test('handlers are checked', () => {
  const consume = (handlers: EventHandlers) => client.consume('orders', { consumer: 'a' }, handlers)
  client.consume('orders', { consumer: 'a' }, (batch) => {
    expectTypeOf(batch).toEqualTypeOf<Batch>()
  })
  client.consume('orders', { consumer: 'a' }, async () => {})
  consume({
    event(event) {
      expectTypeOf(event).toEqualTypeOf<Event>()
    },
  })
  consume({ event: async (event) => (event.json === null ? fail('no JSON') : undefined) })
  consume({
    types: {
      async created(event, batch) {
        expectTypeOf(batch).toEqualTypeOf<EventBatch>()
        if (event.retry === null) return retry(5)
        return undefined
      },
    },
    fallback: () => fail('unknown type'),
  })
  expectTypeOf<() => Promise<void>>().toExtend<EventHandler>()
  // With noImplicitReturns, as this project has it.
  consume({
    event(event) {
      if (event.retry === null) return retry(1)
    },
  })
  consume({
    types: {
      async created(event) {
        if (event.retry === null) return retry(1)
        if (event.json === null) return fail('no JSON')
        await Promise.resolve()
      },
    },
    fallback: (event) => {
      if (event.type !== null) return fail('unknown type')
    },
  })
  expectTypeOf(retry(1)).toExtend<EventOutcome>()
  expectTypeOf(fail().reason).toEqualTypeOf<string | undefined>()
  // @ts-expect-error unknown types need a handler
  consume({ types: { created() {} } })
  // @ts-expect-error true is no outcome
  consume({ event: () => true })
  // @ts-expect-error a consumer has a name
  client.consume('orders', {}, () => {})
  // @ts-expect-error these are for handlers of events
  client.consume('orders', { consumer: 'a', concurrency: 2 }, (_batch: Batch) => {})
})

test('messages of a tail are told apart', async () => {
  for await (const message of client.tail('orders')) {
    if (message.__typename === 'Gap') expectTypeOf(message).toEqualTypeOf<Gap>()
    else expectTypeOf(message).toEqualTypeOf<TickBatch>()
  }
})

test('a switch over the codes of errors can be exhaustive', () => {
  const isRepeated = (code: ErrorCode): boolean => {
    switch (code) {
      case ErrorCode.UNAVAILABLE:
      case 'TIMEOUT':
        return true
      case 'BAD_INPUT':
      case 'BATCH_ACTIVE':
      case 'BATCH_NOT_FOUND':
      case 'BATCH_TOO_LARGE':
      case 'CONSUMER_BUSY':
      case 'CONSUMER_NOT_FOUND':
      case 'EVENT_NOT_FOUND':
      case 'EXTERNAL_TICKER':
      case 'FORBIDDEN':
      case 'INCOMPATIBLE_SCHEMA':
      case 'INTERNAL':
      case 'INVALID_PAYLOAD':
      case 'LIMIT_EXCEEDED':
      case 'NOT_FOUND':
      case 'QUEUE_DISABLED':
      case 'QUEUE_HAS_CONSUMERS':
      case 'QUEUE_NOT_FOUND':
      case 'STALE_LEASE':
      case 'TICKER_PAUSED':
      case 'UNAUTHENTICATED':
        return false
      default:
        return code satisfies never
    }
  }
  expectTypeOf(error.code).toEqualTypeOf<ErrorCode>()
  isRepeated(error.code)
})

test('problems are told apart', () => {
  const explain = (problem: ConsumeProblem): string => {
    switch (problem.kind) {
      case 'connection':
        return problem.error.code
      case 'handler':
        return `attempt ${problem.attempt}`
      case 'event':
        return `event ${problem.eventId}`
      case 'stale':
        return problem.batchId
      case 'ended':
        return String(problem.error)
      default:
        return problem satisfies never
    }
  }
  expectTypeOf(explain).returns.toBeString()
})

test('documents carry their types', () => {
  const typed: TypedDocument<{ queue: { name: string } | null }, { name: string }> = ''
  expectTypeOf(client.request(typed, { name: 'orders' })).resolves.toEqualTypeOf<{
    queue: { name: string } | null
  }>()
  expectTypeOf(client.request('{ queues { nodes { name } } }')).resolves.toEqualTypeOf<unknown>()
  expectTypeOf(
    client.request<{ a: 1 }>('query ($name: String!) { a }', { name: 'orders' }),
  ).resolves.toEqualTypeOf<{ a: 1 }>()
  // @ts-expect-error the variables are required
  void client.request(typed)
})

test('what is managed has types', () => {
  expectTypeOf(client.registerConsumer('orders', 'billing')).resolves.toEqualTypeOf<boolean>()
  expectTypeOf(client.deleteDeadLetters({ queue: 'orders' })).resolves.toEqualTypeOf<number>()
  expectTypeOf<DeadLetter['event']>().toEqualTypeOf<Event>()
  expectTypeOf<QueueInfo['deadLetterCount']>().toEqualTypeOf<string>()
  expectTypeOf<ConsumerInfo['pendingEvents']>().toEqualTypeOf<string | null>()
  expectTypeOf<HasAny<[DeadLetter, QueueInfo, ConsumerInfo]>>().toEqualTypeOf<false>()
  // @ts-expect-error a selection has no such field
  void client.requeueDeadLetters({ queues: ['orders'] })
})
