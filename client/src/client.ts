import { isList, type OpenBatch } from './consume/batch.ts'
import { batches } from './consume/batches.ts'
import { type BatchHandler, type Consumption, consume, workOnBatch } from './consume/consume.ts'
import type { ConsumeOptions } from './consume/consume-options.ts'
import type { EventConsumeOptions, EventHandlers } from './consume/event-handlers.ts'
import { workOnEvents } from './consume/event-work.ts'
import type { TypedDocument } from './document.ts'
import { compareEventTypes, type EventTypeDifference } from './event-types/event-type-difference.ts'
import type {
  EventExtras,
  EventInputOf,
  EventOf,
  KnownEventTypes,
  PayloadsOf,
  QueueName,
} from './event-types/event-types.ts'
import {
  CreateQueueDocument,
  type CreateQueueInput,
  type EventInput,
  InsertEventDocument,
  InsertEventsDocument,
} from './generated/operations.ts'
import { interruptible } from './interruptible.ts'
import {
  type DeadLetter,
  type DeadLetterOptions,
  type DeadLetterSelection,
  deadLetters,
  deleteDeadLetters,
  requeueDeadLetters,
} from './manage/dead-letters.ts'
import {
  type RegisterOptions,
  registerConsumer,
  type UnregisterOptions,
  unregisterConsumer,
} from './manage/registration.ts'
import {
  type ConsumerInfo,
  type ConsumerStatsOptions,
  consumerStats,
  type QueueInfo,
  type QueueStatsOptions,
  type QueuesOptions,
  queueStats,
  queues,
} from './manage/statistics.ts'
import type {
  CallArguments,
  CallOptions,
  ClientOptions,
  PgqClient,
  TextVariables,
  TypedClientOptions,
} from './pgq-client.ts'
import { checkPayload, typedInput } from './publish/event-input.ts'
import { CoalescingPublisher, type Publisher, type PublisherOptions } from './publish/publisher.ts'
import { type TailMessage, type TailOptions, tail } from './tail.ts'
import type { Target } from './target.ts'
import { send } from './tracing.ts'
import { openTransport } from './transport/open-transport.ts'
import type { Transport } from './transport/transport.ts'

export function createClient<Types extends object>(options: TypedClientOptions<Types>): PgqClient<Types>
export function createClient(options: ClientOptions): PgqClient
export function createClient({
  eventTypes,
  ...options
}: ClientOptions & { eventTypes?: KnownEventTypes<object> }): PgqClient {
  return new Client(openTransport(options), options.database ?? 'main', eventTypes)
}

/** Takes and gives events of any type: what is known of the types narrows the interface, and changes nothing at run time. */
class Client implements PgqClient {
  readonly #transport: Transport
  readonly #database: string
  readonly #eventTypes: KnownEventTypes<object> | undefined

  constructor(transport: Transport, database: string, eventTypes: KnownEventTypes<object> | undefined) {
    this.#transport = transport
    this.#database = database
    this.#eventTypes = eventTypes
  }

  publish<Queue extends QueueName<object>>(
    queue: Queue,
    events: readonly EventInputOf<object, Queue>[],
    options?: CallOptions,
  ): Promise<string[]>
  publish<Queue extends QueueName<object>>(
    queue: Queue,
    event: EventInputOf<object, Queue>,
    options?: CallOptions,
  ): Promise<string>
  publish<Queue extends keyof object & string, Type extends string>(
    queue: Queue,
    type: Type,
    payload: never,
    options?: CallOptions & EventExtras,
  ): Promise<string>
  async publish(
    queue: string,
    given: EventInput | readonly EventInput[] | string,
    payloadOrOptions?: unknown,
    typedOptions?: CallOptions & EventExtras,
  ): Promise<string | string[]> {
    if (typeof given === 'string') {
      return this.publish(queue, typedInput(given, payloadOrOptions, typedOptions), typedOptions)
    }
    const { signal } = (payloadOrOptions ?? {}) as CallOptions
    const place = { database: this.#database, queue }
    if (!isList(given)) {
      checkPayload(given)
      const input = { ...given, ...place }
      const insert = () => this.#transport.request(InsertEventDocument, { input }, signal)
      const { insertEvent } = await send(this.#transport.tracing, { queue, count: 1 }, insert)
      return insertEvent.eventId
    }
    if (given.length === 0) return []
    for (const [index, event] of given.entries()) checkPayload(event, `events[${index}].`)
    const input = { ...place, events: [...given] }
    const insert = () => this.#transport.request(InsertEventsDocument, { input }, signal)
    const { insertEvents } = await send(this.#transport.tracing, { queue, count: given.length }, insert)
    return insertEvents.eventIds
  }

  publisher<Queue extends QueueName<object>>(
    queue: Queue,
    options?: PublisherOptions,
  ): Publisher<PayloadsOf<object, Queue>>
  publisher(queue: string, options?: PublisherOptions): Publisher {
    return new CoalescingPublisher(this.#target(queue), options)
  }

  async createQueue(
    name: string,
    configuration: Omit<CreateQueueInput, 'name' | 'database'> = {},
    { signal }: CallOptions = {},
  ): Promise<boolean> {
    const input = { ...configuration, name, database: this.#database }
    const { createQueue } = await this.#transport.request(CreateQueueDocument, { input }, signal)
    return createQueue.created
  }

  consume<Queue extends QueueName<object>>(
    queue: Queue,
    options: ConsumeOptions,
    handler: BatchHandler<object, EventOf<object, Queue>>,
  ): Consumption
  consume<Queue extends QueueName<object>>(
    queue: Queue,
    options: EventConsumeOptions,
    handlers: EventHandlers<object, Queue>,
  ): Consumption
  consume(
    queue: string,
    options: ConsumeOptions | EventConsumeOptions,
    handler: BatchHandler | EventHandlers,
  ): Consumption {
    const registeredTypes = new Set(
      this.#eventTypes?.filter(([name]) => name === queue).map(([_, type]) => type),
    )
    const work =
      typeof handler === 'function'
        ? workOnBatch(options, handler)
        : workOnEvents(options, handler, registeredTypes, this.#transport.tracing)
    return consume(this.#target(queue), options, work)
  }

  batches<Queue extends QueueName<object>>(
    queue: Queue,
    options: ConsumeOptions,
  ): AsyncIterableIterator<OpenBatch<object, EventOf<object, Queue>>, void>
  batches(queue: string, options: ConsumeOptions): AsyncIterableIterator<OpenBatch, void> {
    return batches(this.#target(queue), options)
  }

  tail<Queue extends QueueName<object>>(
    queue: Queue,
    options?: TailOptions,
  ): AsyncIterableIterator<TailMessage<EventOf<object, Queue>>, void>
  tail(queue: string, options: TailOptions = {}): AsyncIterableIterator<TailMessage, void> {
    return tail(this.#target(queue), options)
  }

  async checkEventTypes({ signal }: CallOptions = {}): Promise<EventTypeDifference[]> {
    const known = this.#eventTypes
    if (!known) throw new TypeError('The client was made without eventTypes')
    return compareEventTypes({ ...this.#place, known, signal })
  }

  registerConsumer(queue: string, consumer: string, options: RegisterOptions = {}): Promise<boolean> {
    return registerConsumer(this.#target(queue), consumer, options)
  }

  unregisterConsumer(queue: string, consumer: string, options: UnregisterOptions = {}): Promise<boolean> {
    return unregisterConsumer(this.#target(queue), consumer, options)
  }

  queues(options: QueuesOptions = {}): AsyncIterableIterator<QueueInfo, void> {
    return queues(this.#place, options)
  }

  queueStats(options: QueueStatsOptions = {}): AsyncIterableIterator<QueueInfo[], void> {
    return queueStats(this.#place, options)
  }

  consumerStats(options: ConsumerStatsOptions = {}): AsyncIterableIterator<ConsumerInfo[], void> {
    return consumerStats(this.#place, options)
  }

  deadLetters(options: DeadLetterOptions = {}): AsyncIterableIterator<DeadLetter, void> {
    return deadLetters(this.#place, options)
  }

  requeueDeadLetters(selection: DeadLetterSelection, { signal }: CallOptions = {}): Promise<number> {
    return requeueDeadLetters(this.#place, selection, signal)
  }

  deleteDeadLetters(selection: DeadLetterSelection, { signal }: CallOptions = {}): Promise<number> {
    return deleteDeadLetters(this.#place, selection, signal)
  }

  request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    ...rest: CallArguments<Variables>
  ): Promise<Result>
  request<Data>(text: string, variables?: TextVariables, options?: CallOptions): Promise<Data>
  request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    ...[variables, { signal } = {}]: CallArguments<Variables>
  ): Promise<Result> {
    return this.#transport.request(document, variables, signal)
  }

  subscribe<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    ...[variables, options]: CallArguments<Variables>
  ): AsyncIterableIterator<Result, void> {
    return interruptible(options?.signal, (signal) =>
      this.#transport.subscribe(document, variables, { signal }),
    )
  }

  get #place() {
    return { transport: this.#transport, database: this.#database }
  }

  #target(queue: string): Target {
    return { ...this.#place, queue }
  }
}
