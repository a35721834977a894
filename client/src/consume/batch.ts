import { hasCode } from '../errors.ts'
import type { Event } from '../event.ts'
import type { EventExtras, EventInputOf, QueueName } from '../event-types/event-types.ts'
import type { EventInput, FinishBatchInput, OpenBatchFragment } from '../generated/operations.ts'
import { storedInput, typedInput } from '../publish/event-input.ts'
import type { Lease } from './lease.ts'
import { jsonBytes, tooLargeToSettle } from './settlement-size.ts'

/** Publishes events together with the end of a batch, in the transaction that settles it: both happen, or neither. */
export interface FollowUps<Types extends object = object> {
  publish<Queue extends QueueName<Types>>(
    queue: Queue,
    events: EventInputOf<Types, Queue> | readonly EventInputOf<Types, Queue>[],
  ): void
  /** Publishes an event of a registered type, whose payload the compiler checks. */
  publish<Queue extends keyof Types & string, Type extends keyof Types[Queue] & string>(
    queue: Queue,
    type: Type,
    payload: Types[Queue][Type],
    extras?: EventExtras,
  ): void
}

/** A batch has the events between two ticks, and is settled as a whole. Ids are int8 as decimal strings. */
export interface Batch<Types extends object = object, BatchEvent extends Event = Event>
  extends FollowUps<Types> {
  readonly batchId: string
  readonly queue: string
  /** A cooperative member appears as `consumer.member`. */
  readonly consumerName: string
  readonly prevTickId: string
  readonly tickId: string
  readonly startTime: string
  readonly endTime: string
  /** All events of the batch, by id. */
  readonly events: readonly BatchEvent[]
  /** Counts how often this client has given the batch to the handler, from 1. */
  readonly attempt: number
  /**
   * Is aborted when the batch is lost to another worker, or the deadline of `stop` has passed: further work is in
   * vain.
   */
  readonly signal: AbortSignal
  /**
   * Notes that this event is delivered again after so many seconds, default 60. It happens when the batch is settled.
   */
  retry(event: Pick<Event, 'eventId'>, afterSeconds?: number): void
  /** Notes that this event becomes a dead letter. It happens when the batch is settled. */
  fail(event: Pick<Event, 'eventId'>, reason?: string): void
}

/** A batch that the caller settles by itself. */
export interface OpenBatch<Types extends object = object, BatchEvent extends Event = Event>
  extends Batch<Types, BatchEvent> {
  /**
   * Settles the batch with its retries, failures and new events, in one transaction. It tries again until the server
   * answers; a batch that turns out to be settled already counts as settled.
   *
   * @throws PgqClientError `STALE_LEASE` when another worker has it now: what was done here is done again there.
   */
  finish(): Promise<void>
}

type Outcome = { kind: 'retry'; afterSeconds?: number } | { kind: 'fail'; reason?: string }

/** Collects what a handler decides in one attempt at a batch, and is forgotten with the attempt. */
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

  publish(queue: string, ...given: FollowUpArguments): void {
    for (const event of toEvents(given)) this.#published.push({ ...event, queue })
  }

  /** Forgets what was published. */
  dropPublished(): void {
    this.#published.length = 0
  }

  /** The ids of events that are to be delivered again. */
  get retried(): string[] {
    return this.#idsOf('retry')
  }

  /** The ids of events that are to become dead letters. */
  get failed(): string[] {
    return this.#idsOf('fail')
  }

  /** Cuts the reasons of dead letters. @returns False when none was longer. */
  shortenReasons(maxLength: number): boolean {
    let isShorter = false
    for (const outcome of this.#outcomes.values()) {
      if (outcome.kind !== 'fail' || (outcome.reason?.length ?? 0) <= maxLength) continue
      // By characters, so that no pair of surrogates is cut in two.
      outcome.reason = [...(outcome.reason ?? '')].slice(0, maxLength / 2).join('')
      isShorter = true
    }
    return isShorter
  }

  /** Counts the bytes of retries and failures in the request. */
  outcomeBytes(): number {
    const { retries, failures } = this.#outcome()
    return jsonBytes({ retries, failures })
  }

  async finish(): Promise<void> {
    const outcome = this.#outcome()
    const { tracing } = this.#lease
    const settle = () => this.#lease.settle(outcome)
    try {
      // Batches without events come at all times, and belong to no trace.
      await (tracing && this.events.length > 0 ? tracing.settle(this, settle) : settle())
    } catch (error) {
      throw hasCode(error, 'LIMIT_EXCEEDED') ? tooLargeToSettle(this.batchId, outcome, error) : error
    }
  }

  #idsOf(kind: Outcome['kind']): string[] {
    return [...this.#outcomes].flatMap(([eventId, outcome]) => (outcome.kind === kind ? [eventId] : []))
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

/** The arguments of a batch's `publish` after the queue. */
export type FollowUpArguments =
  | [events: EventInput | readonly EventInput[]]
  | [type: string, payload: unknown, extras?: EventExtras | undefined]

/** Copies the events to publish. @throws PgqClientError `BAD_INPUT` for a payload that has no JSON. */
export function toEvents([given, payload, extras]: FollowUpArguments): EventInput[] {
  if (typeof given === 'string') return [storedInput(typedInput(given, payload, extras))]
  return isList(given) ? given.map((event, index) => storedInput(event, `[${index}].`)) : [storedInput(given)]
}

/** `Array.isArray` does not narrow a readonly array. */
export function isList<Value>(value: Value | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value)
}
