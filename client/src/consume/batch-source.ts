import { retryDelayMs, sleep } from '../backoff.ts'
import { hasCode, mayPass, PgqClientError } from '../errors.ts'
import { type Event, toEvent } from '../event.ts'
import {
  BatchesDocument,
  type BatchesInput,
  type BatchesSubscription,
  BatchPageDocument,
  type EventPageFieldsFragment,
  RegisterConsumerDocument,
  RegisterSubconsumerDocument,
} from '../generated/operations.ts'
import { reconnecting } from '../transport/reconnect.ts'
import type { Transport } from '../transport/transport.ts'
import { BatchAttempt } from './batch.ts'
import { Lease } from './lease.ts'

export interface BatchSourceOptions {
  transport: Transport
  input: BatchesInput & { database: string }
  /** Registers the consumer, or consumer and member, where they are missing. */
  register: boolean
  /** The number of events to ask for at once; null is the server's limit. */
  pageSize: number | null
  onReady: () => void
  onLost: (error: PgqClientError, retryInMs: number) => void
}

/**
 * CONSUMER_BUSY counts only when it lasts this long, because the worker before this one may just have ended. Standing
 * by would not tell it from a worker that goes on.
 */
const BUSY_GRACE_MS = 2_000
const BUSY_RETRY_MS = 100

type Delivery = BatchesSubscription['batches']

/** A batch that is open here. It has all of its events. */
export interface OpenedBatch {
  readonly lease: Lease
  attempt(number: number): BatchAttempt
}

/**
 * Opens the batches of a consumer, one after another. The stream is kept up while a batch is worked on: the
 * connection is the heartbeat of a cooperative member.
 */
export class BatchSource {
  readonly #options: BatchSourceOptions
  readonly #connection = new AbortController()
  readonly #giveUp = new AbortController()
  #isRegistered = false
  #received: Delivery | undefined
  #lease: Lease | undefined
  #end: { error: unknown } | undefined
  #wake = () => {}

  constructor(options: BatchSourceOptions) {
    this.#options = options
    void this.#receiveAll()
  }

  /** Is aborted by `giveUp`. */
  get givenUp(): AbortSignal {
    return this.#giveUp.signal
  }

  /** Opens no further batches. One that is open here, or on its way, can still be worked on and settled. */
  disconnect(): void {
    this.#connection.abort()
  }

  /** Leaves an open batch as it is, for the next worker. */
  giveUp(reason: unknown): void {
    this.#giveUp.abort(reason)
    this.#connection.abort()
  }

  /**
   * Waits until the batch before is settled or lost, and gives the next one; undefined when there are no more.
   *
   * @throws PgqClientError when the consumer cannot go on.
   */
  async next(): Promise<OpenedBatch | undefined> {
    for (;;) {
      if (this.#giveUp.signal.aborted) return undefined
      const delivery = this.#received
      this.#received = undefined
      if (delivery) {
        const opened = await this.#open(delivery)
        if (opened) return opened
      } else if (!this.#end) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      } else if (this.#end.error !== undefined) throw this.#end.error
      else return undefined
    }
  }

  async #receiveAll(): Promise<void> {
    const { signal } = this.#connection
    const { onLost } = this.#options
    try {
      const stream = reconnecting({
        connect: (isReconnect) => this.#connect(isReconnect, signal),
        signal,
        onLost,
      })
      for await (const { batches } of stream) this.#receive(batches)
      this.#end = { error: undefined }
    } catch (error) {
      this.#end = { error }
    }
    this.#wake()
  }

  async *#connect(isReconnect: boolean, signal: AbortSignal): AsyncGenerator<BatchesSubscription, void> {
    const { transport, onReady, pageSize } = this.#options
    if (this.#options.register && !this.#isRegistered) {
      await this.#register(signal)
      this.#isRegistered = true
    }
    // The server may not have noticed yet that the connection before is gone: then this consumer is busy with itself.
    const input = isReconnect ? { ...this.#options.input, standby: true } : this.#options.input
    const graceEndsAt = Date.now() + BUSY_GRACE_MS
    for (;;) {
      try {
        yield* transport.subscribe(BatchesDocument, { input, first: pageSize }, { signal, onOpen: onReady })
        return
      } catch (error) {
        if (!hasCode(error, 'CONSUMER_BUSY') || Date.now() > graceEndsAt) throw error
        await sleep(BUSY_RETRY_MS, signal)
      }
    }
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { database, queue, consumer, subconsumer } = this.#options.input
    const { transport } = this.#options
    if (subconsumer == null) {
      await transport.request(RegisterConsumerDocument, { input: { database, queue, consumer } }, signal)
      return
    }
    const input = { database, queue, consumer, subconsumer }
    await transport.request(RegisterSubconsumerDocument, { input }, signal)
  }

  #receive(delivery: Delivery): void {
    const lease = this.#lease
    if (lease?.batchId === delivery.batchId && !lease.isLost) {
      // A reconnect delivers the same batch under a new token; the batch may be settled by now.
      lease.adopt(delivery.leaseToken)
      return
    }
    lease?.superseded()
    this.#received = delivery
    this.#wake()
  }

  async #open(delivery: Delivery): Promise<OpenedBatch | undefined> {
    const { transport, input, onLost } = this.#options
    const { batchId, leaseToken: token } = delivery
    const signal = this.#giveUp.signal
    const { database, heartbeatSeconds = null } = input
    const lease = new Lease({ transport, database, batchId, token, heartbeatSeconds, signal, onLost })
    this.#lease = lease
    const events = await this.#readEvents(lease, delivery.eventPage)
    if (!events) return undefined
    const attempt = (number: number) =>
      new BatchAttempt(delivery, { queue: input.queue, events, lease, attempt: number })
    return { lease, attempt }
  }

  /** @returns Undefined when the batch was lost meanwhile. */
  async #readEvents(lease: Lease, first: EventPageFieldsFragment): Promise<Event[] | undefined> {
    const events = first.events.map(toEvent)
    let page = first
    let failures = 0
    while (page.hasNextPage && !lease.signal.aborted) {
      try {
        const next = await this.#readPage(lease, page.endCursor)
        if (!next) {
          lease.lose(settledMeanwhile())
          return undefined
        }
        for (const event of next.events) events.push(toEvent(event))
        page = next
        failures = 0
      } catch (error) {
        // A stop does not wait for a batch that no handler has begun to work on.
        if (lease.signal.aborted || this.#connection.signal.aborted) return undefined
        if (hasCode(error, 'BATCH_NOT_FOUND')) {
          lease.lose(settledMeanwhile())
          return undefined
        }
        if (!mayPass(error)) throw error
        const retryInMs = retryDelayMs(error, failures++)
        this.#options.onLost(error, retryInMs)
        await sleep(retryInMs, lease.signal)
      }
    }
    return lease.signal.aborted ? undefined : events
  }

  async #readPage(lease: Lease, after: string | null): Promise<EventPageFieldsFragment | undefined> {
    const { transport, input, pageSize } = this.#options
    const variables = { database: input.database, id: lease.batchId, first: pageSize, after }
    const { batch } = await transport.request(BatchPageDocument, variables, lease.signal)
    return batch?.eventPage
  }
}

function settledMeanwhile(): PgqClientError {
  return new PgqClientError('STALE_LEASE', 'The batch was settled while its events were read')
}
