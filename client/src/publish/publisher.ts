import { retryDelayMs, sleep } from '../backoff.ts'
import { checkNumber } from '../check-number.ts'
import { hasCode, isTooFast, PgqClientError } from '../errors.ts'
import type { EventExtras, TypedEventInput } from '../event-types/event-types.ts'
import { type EventInput, InsertEventsDocument } from '../generated/operations.ts'
import type { Target } from '../target.ts'
import { startTimer, type Timer } from '../timer.ts'
import { send } from '../tracing.ts'
import { openTransport } from '../transport/open-transport.ts'
import type { ConnectionOptions } from '../transport/transport.ts'
import { storedInput, typedInput } from './event-input.ts'

export interface PublisherOptions {
  /** The most events in one mutation. Default 1,000; the server takes 10,000 unless told otherwise. */
  maxBatch?: number | undefined
  /**
   * How long an event waits for others while no mutation is under way. Default 0: only those of the same time go
   * together.
   */
  maxWaitMs?: number | undefined
  /** The most events without an answer yet, waiting or under way; past that `publish` refuses. Default 10,000. */
  maxQueued?: number | undefined
  /**
   * The most bytes of events in one mutation, as JSON; a larger event is refused. Default 4 MiB, the server takes 8
   * MiB.
   */
  maxBytes?: number | undefined
  /** The most mutations under way at once. Default 1, which keeps the order in which `publish` is called. */
  maxInFlight?: number | undefined
}

/**
 * Publishes events to one queue, those of the same time together. The compiler checks them where types are
 * registered.
 */
export interface Publisher<Payloads extends object = object> extends AsyncDisposable {
  /**
   * Publishes an event, together with others. The event is copied at once and may be changed afterwards.
   *
   * @returns The event's id, once it is committed.
   * @throws PgqClientError as `client.publish`, for this event alone; `LIMIT_EXCEEDED` when too many wait, or when the
   * event is too large; a limit on how often is waited for. After `UNAVAILABLE` and `TIMEOUT` the event may be published or not.
   */
  publish(event: [keyof Payloads] extends [never] ? EventInput : TypedEventInput<Payloads>): Promise<string>
  publish<Type extends keyof Payloads & string>(
    type: Type,
    payload: Payloads[Type],
    extras?: EventExtras,
  ): Promise<string>
  /** Resolves when `publish` has room for an event. A loop that does not await `publish` awaits this. */
  room(): Promise<void>
  /** Sends the events that wait, and resolves when all events published so far have their answer. Never rejects. */
  flush(): Promise<void>
  /** Takes no more events, and flushes. */
  close(): Promise<void>
}

/**
 * Makes a publisher without a client; a bundle with it alone leaves out all that consumes. It knows the types of the
 * events when it is made with them, as in `createPublisher<EventTypes['orders']>('orders', …)`.
 */
export function createPublisher<Payloads extends object = object>(
  queue: string,
  options: ConnectionOptions & PublisherOptions & { database?: string | undefined },
): Publisher<Payloads> {
  const target = { transport: openTransport(options), database: options.database ?? 'main', queue }
  return new CoalescingPublisher(target, options)
}

interface Pending {
  event: EventInput
  bytes: number
  /** Where it was published, for who traces. */
  origin: unknown
  resolve: (eventId: string) => void
  reject: (error: unknown) => void
}

const encoder = new TextEncoder()

/** The events of a publisher wait for as long as the server says. */
const never = new AbortController().signal

export class CoalescingPublisher implements Publisher {
  readonly #target: Target
  readonly #maxBatch: number
  readonly #maxWaitMs: number
  readonly #maxQueued: number
  readonly #maxBytes: number
  readonly #maxInFlight: number
  #waiting: Pending[] = []
  #waitingBytes = 0
  readonly #inFlight = new Set<Promise<void>>()
  /** Counts the events that wait or are under way. */
  #unanswered = 0
  #timer: Timer
  #isFlushing = false
  #isClosed = false
  #roomWaiters: (() => void)[] = []

  constructor(target: Target, options: PublisherOptions = {}) {
    this.#target = target
    this.#maxBatch = checkNumber('maxBatch', options.maxBatch ?? 1_000, 1)
    this.#maxWaitMs = checkNumber('maxWaitMs', options.maxWaitMs ?? 0, 0)
    this.#maxQueued = checkNumber('maxQueued', options.maxQueued ?? 10_000, 1)
    this.#maxBytes = checkNumber('maxBytes', options.maxBytes ?? 4 * 1024 * 1024, 1)
    this.#maxInFlight = checkNumber('maxInFlight', options.maxInFlight ?? 1, 1)
  }

  async publish(input: EventInput | string, payload?: unknown, extras?: EventExtras): Promise<string> {
    const given = typeof input === 'string' ? typedInput(input, payload, extras) : input
    if (this.#isClosed) throw new TypeError('The publisher is closed')
    if (this.#unanswered >= this.#maxQueued) {
      throw new PgqClientError('LIMIT_EXCEEDED', `${this.#maxQueued} events wait already; await room()`)
    }
    const stored = storedInput(given)
    const { transport, queue } = this.#target
    const { event, origin } = transport.tracing?.create(queue, stored) ?? { event: stored, origin: undefined }
    const bytes = encoder.encode(JSON.stringify(event)).length
    if (bytes > this.#maxBytes) {
      throw new PgqClientError('LIMIT_EXCEEDED', `The event has ${bytes} bytes, at most ${this.#maxBytes} go`)
    }
    this.#unanswered++
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, bytes, origin, resolve, reject })
      this.#waitingBytes += bytes
      this.#schedule()
    })
  }

  async room(): Promise<void> {
    if (this.#unanswered < this.#maxQueued && this.#roomWaiters.length === 0) return
    await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
  }

  async flush(): Promise<void> {
    const last = this.#waiting.at(-1)
    this.#isFlushing = true
    this.#schedule()
    while (last && this.#waiting.includes(last)) await Promise.race(this.#inFlight)
    await Promise.all(this.#inFlight)
  }

  close(): Promise<void> {
    this.#isClosed = true
    return this.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Sends the events that are due, and sets a timer for the rest. */
  #schedule(): void {
    while (this.#waiting.length > 0 && this.#inFlight.size < this.#maxInFlight) {
      const isFull = this.#waiting.length >= this.#maxBatch || this.#waitingBytes >= this.#maxBytes
      if (!isFull && !this.#isFlushing) {
        this.#timer ??= startTimer(() => this.#sendNext(), this.#maxWaitMs)
        return
      }
      this.#sendNext()
    }
    if (this.#waiting.length === 0) this.#isFlushing = false
  }

  #sendNext(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const batch = this.#take()
    if (batch.length === 0) return
    const sent = this.#send(batch).then(() => {
      this.#inFlight.delete(sent)
      this.#unanswered -= batch.length
      this.#wakeWaiters()
      this.#schedule()
    })
    this.#inFlight.add(sent)
  }

  #take(): Pending[] {
    let count = 0
    let bytes = 0
    for (const pending of this.#waiting) {
      if (count >= this.#maxBatch || (count > 0 && bytes + pending.bytes > this.#maxBytes)) break
      bytes += pending.bytes
      count++
    }
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count)
  }

  /**
   * Sends events, and never rejects. A refused list is sent in halves, so that one bad event fails alone; order is
   * kept.
   */
  async #send(batch: readonly Pending[]): Promise<void> {
    try {
      const eventIds = await this.#insertInTime(batch)
      batch.forEach(({ resolve }, index) => {
        resolve(eventIds[index] as string)
      })
    } catch (error) {
      if (batch.length > 1 && isRefusal(error)) {
        const middle = Math.ceil(batch.length / 2)
        await this.#send(batch.slice(0, middle))
        await this.#send(batch.slice(middle))
        return
      }
      for (const { reject } of batch) reject(error)
    }
  }

  /** Inserts as soon as the server lets this caller. */
  async #insertInTime(batch: readonly Pending[]): Promise<string[]> {
    const events = batch.map(({ event }) => event)
    const { transport, queue } = this.#target
    const sending = { queue, count: events.length, origins: batch.map(({ origin }) => origin) }
    for (;;) {
      try {
        return await send(transport.tracing, sending, () => this.#insert(events))
      } catch (error) {
        if (!isTooFast(error)) throw error
        await sleep(retryDelayMs(error, 0), never)
      }
    }
  }

  async #insert(events: EventInput[]): Promise<string[]> {
    const { transport, database, queue } = this.#target
    const input = { database, queue, events }
    const { insertEvents } = await transport.request(InsertEventsDocument, { input })
    const eventIds = insertEvents?.eventIds
    if (eventIds?.length === events.length) return eventIds
    throw new PgqClientError('INTERNAL', 'The server did not answer with an id for each event')
  }

  #wakeWaiters(): void {
    const count = this.#maxQueued - this.#unanswered
    for (const wake of this.#roomWaiters.splice(0, count)) wake()
    // A caller that was woken may not publish after all.
    if (this.#roomWaiters.length > 0 && this.#inFlight.size === 0) setTimeout(() => this.#wakeWaiters())
  }
}

/** True when nothing of the mutation was done, and an event of it may be why. */
function isRefusal(error: unknown): boolean {
  return (
    (['BAD_INPUT', 'INVALID_PAYLOAD', 'LIMIT_EXCEEDED'] as const).some((code) => hasCode(error, code)) ||
    hasCode(error, 'INVALID_PAYLOAD')
  )
}
