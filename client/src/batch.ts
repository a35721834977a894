import type { Event } from './event.ts'
import type { EventInput, FinishBatchInput, OpenBatchFragment } from './generated/operations.ts'
import type { Lease } from './lease.ts'

/** The events between two ticks, to be worked on and settled as a whole. Ids are int8 as decimal strings. */
export interface Batch {
  readonly batchId: string
  readonly queue: string
  /** A cooperative member appears as `consumer.member`. */
  readonly consumerName: string
  readonly prevTickId: string
  readonly tickId: string
  readonly startTime: string
  readonly endTime: string
  /** All of them, by id. */
  readonly events: readonly Event[]
  /** From 1: how often this client has given the batch to the handler. */
  readonly attempt: number
  /** Aborted when the batch is lost to another worker, or the deadline of `stop` has passed: further work is in vain. */
  readonly signal: AbortSignal
  /** Delivers this event again after so many seconds, default 60. Done when the batch is settled, like all that follows. */
  retry(event: Pick<Event, 'eventId'>, afterSeconds?: number): void
  /** Gives up on this event: it becomes a dead letter. */
  fail(event: Pick<Event, 'eventId'>, reason?: string): void
  /** Inserts events in the transaction that settles the batch: both happen, or neither. */
  publish(queue: string, events: EventInput | readonly EventInput[]): void
}

/** A batch that the caller settles by itself. */
export interface OpenBatch extends Batch {
  /**
   * Settles the batch with its retries, failures and new events, in one transaction. Tried again until the server answers;
   * a batch that turns out to be settled already counts as settled.
   *
   * @throws PgqClientError `STALE_LEASE` when another worker has it now: what was done here is done again there.
   */
  finish(): Promise<void>
}

type Outcome = { kind: 'retry'; afterSeconds?: number } | { kind: 'fail'; reason?: string }

/** One attempt at a batch: what the handler decides is forgotten with the attempt. */
export class BatchAttempt implements OpenBatch {
  readonly batchId: string
  readonly queue: string
  readonly consumerName: string
  readonly prevTickId: string
  readonly tickId: string
  readonly startTime: string
  readonly endTime: string
  readonly events: readonly Event[]
  readonly attempt: number
  readonly signal: AbortSignal
  readonly #lease: Lease
  readonly #outcomes = new Map<string, Outcome>()
  readonly #published: (EventInput & { queue: string })[] = []

  constructor(
    fields: OpenBatchFragment,
    options: { queue: string; events: readonly Event[]; lease: Lease; attempt: number },
  ) {
    this.batchId = fields.batchId
    this.queue = options.queue
    this.consumerName = fields.consumerName
    this.prevTickId = fields.prevTickId
    this.tickId = fields.tickId
    this.startTime = fields.startTime
    this.endTime = fields.endTime
    this.events = options.events
    this.attempt = options.attempt
    this.signal = options.lease.signal
    this.#lease = options.lease
  }

  retry(event: Pick<Event, 'eventId'>, afterSeconds?: number): void {
    this.#outcomes.set(event.eventId, { kind: 'retry', ...(afterSeconds !== undefined && { afterSeconds }) })
  }

  fail(event: Pick<Event, 'eventId'>, reason?: string): void {
    this.#outcomes.set(event.eventId, { kind: 'fail', ...(reason !== undefined && { reason }) })
  }

  publish(queue: string, events: EventInput | readonly EventInput[]): void {
    const list: readonly EventInput[] = isList(events) ? events : [events]
    for (const event of list) this.#published.push({ ...event, queue })
  }

  finish(): Promise<void> {
    return this.#lease.settle(this.#outcome())
  }

  #outcome(): Pick<FinishBatchInput, 'retries' | 'failures' | 'publish'> {
    const retries: NonNullable<FinishBatchInput['retries']> = []
    const failures: NonNullable<FinishBatchInput['failures']> = []
    for (const [eventId, { kind, ...details }] of this.#outcomes) {
      if (kind === 'retry') retries.push({ eventId, ...details })
      else failures.push({ eventId, ...details })
    }
    return { retries, failures, publish: this.#published }
  }
}

/** `Array.isArray` does not narrow a readonly array. */
export function isList<Value>(value: Value | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value)
}
