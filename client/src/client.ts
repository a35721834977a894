import { isList, type OpenBatch } from './batch.ts'
import { batches } from './batches.ts'
import { type BatchHandler, type Consumption, consume, workOnBatch } from './consume.ts'
import type { ConsumeOptions } from './consume-options.ts'
import type { TypedDocument } from './document.ts'
import type { EventConsumeOptions, EventHandlers } from './event-handlers.ts'
import { compareEventTypes, type EventTypeDifference } from './event-type-difference.ts'
import type { EventExtras, KnownEventTypes } from './event-types.ts'
import { workOnEvents } from './event-work.ts'
import {
  CreateQueueDocument,
  type CreateQueueInput,
  type EventInput,
  InsertEventDocument,
  InsertEventsDocument,
} from './generated/operations.ts'
import { interruptible } from './iterator.ts'
import type {
  CallArguments,
  CallOptions,
  ClientOptions,
  PgqClient,
  TypedClientOptions,
} from './pgq-client.ts'
import { CoalescingPublisher, type Publisher, type PublisherOptions } from './publisher.ts'
import { type TailMessage, type TailOptions, tail } from './tail.ts'
import { openTransport, type Transport } from './transport.ts'
import { typedInput } from './typed-input.ts'

export function createClient<Types extends object>(options: TypedClientOptions<Types>): PgqClient<Types>
export function createClient(options: ClientOptions): PgqClient
export function createClient({
  eventTypes,
  ...options
}: ClientOptions & { eventTypes?: KnownEventTypes<object> }): PgqClient {
  // The class is the client of events of any type; what is known of the types narrows its calls, and changes none.
  return new Client(openTransport(options), options.database ?? 'main', eventTypes) as unknown as PgqClient
}

class Client {
  readonly #transport: Transport
  readonly #database: string
  readonly #eventTypes: KnownEventTypes<object> | undefined

  constructor(transport: Transport, database: string, eventTypes: KnownEventTypes<object> | undefined) {
    this.#transport = transport
    this.#database = database
    this.#eventTypes = eventTypes
  }

  async publish(
    queue: string,
    given: EventInput | readonly EventInput[] | string,
    ...rest: [options?: CallOptions] | [payload: unknown, options?: CallOptions & EventExtras]
  ): Promise<string | string[]> {
    if (typeof given === 'string') {
      const [payload, options] = rest
      return this.publish(queue, typedInput(given, payload, options), options)
    }
    const [{ signal } = {}] = rest as [options?: CallOptions]
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
    const registeredTypes = new Set(
      this.#eventTypes?.filter(([name]) => name === queue).map(([_, type]) => type),
    )
    const work =
      typeof handler === 'function' ? workOnBatch(handler) : workOnEvents(options, handler, registeredTypes)
    return consume(this.#target(queue), options, work)
  }

  batches(queue: string, options: ConsumeOptions): AsyncIterableIterator<OpenBatch, void> {
    return batches(this.#target(queue), options)
  }

  tail(queue: string, options: TailOptions = {}): AsyncIterableIterator<TailMessage, void> {
    return tail(this.#target(queue), options)
  }

  async checkEventTypes({ signal }: CallOptions = {}): Promise<EventTypeDifference[]> {
    const known = this.#eventTypes
    if (!known) throw new TypeError('The client was made without eventTypes')
    return compareEventTypes({ transport: this.#transport, database: this.#database, known, signal })
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
