import { isList, type OpenBatch } from './batch.ts'
import { batches } from './batches.ts'
import { type BatchHandler, type Consumption, consume } from './consume.ts'
import type { ConsumeOptions } from './consume-options.ts'
import type { TypedDocument } from './document.ts'
import type { EventConsumeOptions, EventHandlers } from './event-handlers.ts'
import { workOnEvents } from './event-work.ts'
import {
  CreateQueueDocument,
  type CreateQueueInput,
  type EventInput,
  InsertEventDocument,
  InsertEventsDocument,
} from './generated/operations.ts'
import { interruptible } from './iterator.ts'
import { CoalescingPublisher, type Publisher, type PublisherOptions } from './publisher.ts'
import { type TailMessage, type TailOptions, tail } from './tail.ts'
import { type ConnectionOptions, openTransport, type Transport } from './transport.ts'

export interface ClientOptions extends ConnectionOptions {
  /** Which of the server's databases. Default `main`. */
  database?: string | undefined
}

export interface CallOptions {
  signal?: AbortSignal | undefined
}

/** The last arguments of a call; variables may be left out where none is required. */
export type CallArguments<Variables> =
  Record<string, never> extends Variables
    ? [variables?: Variables, options?: CallOptions]
    : [variables: Variables, options?: CallOptions]

export interface PgqClient {
  /**
   * Publishes an event, or several in one transaction: all or nothing. Not tried again by itself, because after
   * `UNAVAILABLE` or `TIMEOUT` the events may be published or not.
   *
   * @returns The event's id, or the ids in the order of the events.
   * @throws PgqClientError
   */
  publish(queue: string, event: EventInput, options?: CallOptions): Promise<string>
  publish(queue: string, events: readonly EventInput[], options?: CallOptions): Promise<string[]>

  /**
   * Publishes event by event, those of the same time in one mutation: for many callers at once.
   *
   * @throws RangeError for options that make no sense.
   */
  publisher(queue: string, options?: PublisherOptions): Publisher

  /** Creates a queue. @returns False when it exists already; its configuration stays as it was. */
  createQueue(
    name: string,
    configuration?: Omit<CreateQueueInput, 'name' | 'database'>,
    options?: CallOptions,
  ): Promise<boolean>

  /** Gives each batch of a consumer to the handler, and settles it. Goes on until it is stopped. */
  consume(queue: string, options: ConsumeOptions, handler: BatchHandler): Consumption

  /**
   * The same event by event: each is done, retried or given up by itself, and the batch is settled once with all of that.
   *
   * @throws TypeError | RangeError for handlers and options that make no sense.
   */
  consume(queue: string, options: EventConsumeOptions, handlers: EventHandlers): Consumption

  /** The same with `for await`: each batch is settled by its `finish`. */
  batches(queue: string, options: ConsumeOptions): AsyncIterableIterator<OpenBatch, void>

  /** The log of a queue, for any number of readers, without a registered consumer. Reconnects and loses nothing. */
  tail(queue: string, options?: TailOptions): AsyncIterableIterator<TailMessage, void>

  /** Any query or mutation. @throws PgqClientError for the first error in the answer. */
  request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    ...rest: CallArguments<Variables>
  ): Promise<Result>

  /** Any subscription, until the server ends it; it is not opened again. @throws PgqClientError */
  subscribe<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    ...rest: CallArguments<Variables>
  ): AsyncIterableIterator<Result, void>
}

export function createClient(options: ClientOptions): PgqClient {
  return new Client(openTransport(options), options.database ?? 'main')
}

class Client implements PgqClient {
  readonly #transport: Transport
  readonly #database: string

  constructor(transport: Transport, database: string) {
    this.#transport = transport
    this.#database = database
  }

  publish(queue: string, event: EventInput, options?: CallOptions): Promise<string>
  publish(queue: string, events: readonly EventInput[], options?: CallOptions): Promise<string[]>
  async publish(
    queue: string,
    given: EventInput | readonly EventInput[],
    { signal }: CallOptions = {},
  ): Promise<string | string[]> {
    const place = { database: this.#database, queue }
    if (!isList(given)) {
      const input = { ...given, ...place }
      const { insertEvent } = await this.#transport.request(InsertEventDocument, { input }, signal)
      return insertEvent.eventId
    }
    if (given.length === 0) return []
    const input = { ...place, events: [...given] }
    const { insertEvents } = await this.#transport.request(InsertEventsDocument, { input }, signal)
    return insertEvents.eventIds
  }

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

  consume(
    queue: string,
    options: ConsumeOptions | EventConsumeOptions,
    handler: BatchHandler | EventHandlers,
  ): Consumption {
    const work = typeof handler === 'function' ? handler : workOnEvents(options, handler)
    return consume(this.#target(queue), options, work)
  }

  batches(queue: string, options: ConsumeOptions): AsyncIterableIterator<OpenBatch, void> {
    return batches(this.#target(queue), options)
  }

  tail(queue: string, options: TailOptions = {}): AsyncIterableIterator<TailMessage, void> {
    return tail(this.#target(queue), options)
  }

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

  #target(queue: string) {
    return { transport: this.#transport, database: this.#database, queue }
  }
}
