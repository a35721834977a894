import type { OpenBatch } from './consume/batch.ts'
import type { BatchHandler, Consumption } from './consume/consume.ts'
import type { ConsumeOptions } from './consume/consume-options.ts'
import type { EventConsumeOptions, EventHandlers } from './consume/event-handlers.ts'
import type { TypedDocument } from './document.ts'
import type { EventTypeDifference } from './event-types/event-type-difference.ts'
import type {
  EventExtras,
  EventInputOf,
  EventOf,
  KnownEventTypes,
  PayloadsOf,
  QueueName,
} from './event-types/event-types.ts'
import type { CreateQueueInput } from './generated/operations.ts'
import type { DeadLetter, DeadLetterOptions, DeadLetterSelection } from './manage/dead-letters.ts'
import type { RegisterOptions, UnregisterOptions } from './manage/registration.ts'
import type {
  ConsumerInfo,
  ConsumerStatsOptions,
  QueueInfo,
  QueueStatsOptions,
  QueuesOptions,
} from './manage/statistics.ts'
import type { Publisher, PublisherOptions } from './publish/publisher.ts'
import type { TailMessage, TailOptions } from './tail.ts'
import type { ConnectionOptions } from './transport/transport.ts'

export interface ClientOptions extends ConnectionOptions {
  /** Selects one of the server's databases. Default `main`. */
  database?: string | undefined
}

export interface TypedClientOptions<Types extends object> extends ClientOptions {
  /** The event types that `@pgq-graphql/codegen` found, with which calls and handlers are checked. */
  eventTypes: KnownEventTypes<Types>
}

export interface CallOptions {
  signal?: AbortSignal | undefined
}

/** The last arguments of a call. Variables may be left out where none is required. */
export type CallArguments<Variables> =
  Record<string, never> extends Variables
    ? [variables?: Variables, options?: CallOptions]
    : [variables: Variables, options?: CallOptions]

/** The variables of a document that is a plain text. */
export type TextVariables = Readonly<Record<string, unknown>>

/**
 * A client of one database. `Types` has the payloads of the registered event types; other queues take and give any
 * event.
 */
export interface PgqClient<Types extends object = object> {
  /**
   * Publishes an event, or several in one transaction: all or nothing. It is not tried again by itself, because after
   * `UNAVAILABLE` or `TIMEOUT` the events may be published or not.
   *
   * @returns The event's id, or the ids in the order of the events.
   * @throws PgqClientError
   */
  publish<Queue extends QueueName<Types>>(
    queue: Queue,
    events: readonly EventInputOf<Types, Queue>[],
    options?: CallOptions,
  ): Promise<string[]>
  publish<Queue extends QueueName<Types>>(
    queue: Queue,
    event: EventInputOf<Types, Queue>,
    options?: CallOptions,
  ): Promise<string>
  /** Publishes an event of a registered type, whose payload the compiler checks. */
  publish<Queue extends keyof Types & string, Type extends keyof Types[Queue] & string>(
    queue: Queue,
    type: Type,
    payload: Types[Queue][Type],
    options?: CallOptions & EventExtras,
  ): Promise<string>

  /**
   * Makes a publisher for many callers at once: it sends events that are published at the same time in one mutation.
   *
   * @throws PgqClientError `BAD_INPUT` for options that make no sense.
   */
  publisher<Queue extends QueueName<Types>>(
    queue: Queue,
    options?: PublisherOptions,
  ): Publisher<PayloadsOf<Types, Queue>>

  /** Creates a queue. @returns False when it exists already; its configuration stays as it was. */
  createQueue(
    name: string,
    configuration?: Omit<CreateQueueInput, 'name' | 'database'>,
    options?: CallOptions,
  ): Promise<boolean>

  /** Gives each batch of a consumer to the handler, and settles it. Goes on until it is stopped. */
  consume<Queue extends QueueName<Types>>(
    queue: Queue,
    options: ConsumeOptions,
    handler: BatchHandler<Types, EventOf<Types, Queue>>,
  ): Consumption

  /**
   * Gives each event of a consumer to its handler, and settles each batch once, with what became of its events: each is
   * done, retried or a dead letter.
   *
   * @throws TypeError for handlers that make no sense, PgqClientError `BAD_INPUT` for such options.
   */
  consume<Queue extends QueueName<Types>>(
    queue: Queue,
    options: EventConsumeOptions,
    handlers: EventHandlers<Types, Queue>,
  ): Consumption

  /** Gives the batches of a consumer to `for await`; each is settled by its `finish`. */
  batches<Queue extends QueueName<Types>>(
    queue: Queue,
    options: ConsumeOptions,
  ): AsyncIterableIterator<OpenBatch<Types, EventOf<Types, Queue>>, void>

  /**
   * Reads the log of a queue without a registered consumer, for any number of readers. It reconnects and loses
   * nothing.
   */
  tail<Queue extends QueueName<Types>>(
    queue: Queue,
    options?: TailOptions,
  ): AsyncIterableIterator<TailMessage<EventOf<Types, Queue>>, void>

  /**
   * Compares the event types that this client was made with to those that the server has now for their queues.
   *
   * @returns Where they differ.
   * @throws TypeError for a client without `eventTypes`; PgqClientError
   */
  checkEventTypes(options?: CallOptions): Promise<EventTypeDifference[]>

  /**
   * Registers a consumer, which is otherwise done by `consume`: from then on the queue keeps its events for it.
   *
   * @returns False when it was registered already.
   * @throws PgqClientError; TypeError for a member with `atTick`.
   */
  registerConsumer(queue: QueueName<Types>, consumer: string, options?: RegisterOptions): Promise<boolean>

  /**
   * Unregisters a consumer with its members and retries; its dead letters stay. With `subconsumer`, that member alone.
   *
   * @returns False when there was none.
   * @throws PgqClientError
   */
  unregisterConsumer(queue: QueueName<Types>, consumer: string, options?: UnregisterOptions): Promise<boolean>

  /** Reads the queues of the database with their figures, by name. @throws PgqClientError */
  queues(options?: QueuesOptions): AsyncIterableIterator<QueueInfo, void>

  /** Gives the figures of queues at an interval. It reconnects. @throws PgqClientError when waiting would not help. */
  queueStats(options?: QueueStatsOptions): AsyncIterableIterator<QueueInfo[], void>

  /** Gives the figures of consumers at an interval. It reconnects. @throws PgqClientError when waiting would not help. */
  consumerStats(options?: ConsumerStatsOptions): AsyncIterableIterator<ConsumerInfo[], void>

  /** Reads dead letters, the oldest first, page by page. @throws PgqClientError */
  deadLetters(options?: DeadLetterOptions): AsyncIterableIterator<DeadLetter, void>

  /**
   * Delivers dead letters to their consumers again.
   *
   * @returns How many; at most the server's limit of 10,000 at once, so call it until 0.
   * @throws PgqClientError
   */
  requeueDeadLetters(selection: DeadLetterSelection, options?: CallOptions): Promise<number>

  /** Deletes dead letters for good. @returns As `requeueDeadLetters`. @throws PgqClientError */
  deleteDeadLetters(selection: DeadLetterSelection, options?: CallOptions): Promise<number>

  /**
   * Runs any query or mutation. A document of graphql-codegen with `documentMode: 'string'` brings the types of its
   * variables and its result. For a plain text the result is `unknown`, unless the call names its type, which nothing checks:
   *
   * @example
   * const { queue } = await client.request<{ queue: { lastTickId: string } | null }>(
   *   'query ($name: String!) { queue(name: $name) { lastTickId } }',
   *   { name: 'orders' },
   * )
   * @throws PgqClientError for the first error in the answer.
   */
  request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    ...rest: CallArguments<Variables>
  ): Promise<Result>
  request<Data>(text: string, variables?: TextVariables, options?: CallOptions): Promise<Data>

  /**
   * Runs any subscription until the server ends it; it is not opened again. `Result` as for `request`. @throws
   * PgqClientError
   */
  subscribe<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    ...rest: CallArguments<Variables>
  ): AsyncIterableIterator<Result, void>
}
