import type { EventFieldsFragment, EventInput } from './generated/operations.ts'

/** Is told of what a client does; `openTelemetry()` of `@pgq-graphql/client/opentelemetry` makes one. */
export interface Tracing {
  /** Gives the headers by which the server goes on with the trace at hand. Is asked before anything is awaited. */
  headers(): Record<string, string>
  /** Notes an event that is sent later, with others. The event that it returns is sent in place of the given one. */
  create(queue: string, event: EventInput): { event: EventInput; origin: unknown }
  /** Sends events. @param sending.origins Those of `create`; left out where the caller waits for the answer itself. */
  send<Result>(sending: Sending, work: () => Promise<Result>): Promise<Result>
  /** Works on a batch until it is settled. @param errorOf Finds the error in a result. */
  processBatch<Result>(
    batch: TracedBatch,
    work: () => Promise<Result>,
    errorOf: (result: Result) => unknown,
  ): Promise<Result>
  /** Works on an event of a batch that is worked on. */
  processEvent<Result>(
    batch: TracedBatch,
    event: TracedEvent,
    work: () => Result | PromiseLike<Result>,
  ): Result | PromiseLike<Result>
  settle<Result>(batch: TracedBatch, work: () => Promise<Result>): Promise<Result>
}

export interface Sending {
  readonly queue: string
  readonly count: number
  readonly origins?: readonly unknown[]
}

export type TracedEvent = Pick<EventFieldsFragment, 'eventId' | 'extra1' | 'extra2' | 'extra3' | 'extra4'>

export interface TracedBatch {
  readonly batchId: string
  readonly queue: string
  readonly consumerName: string
  readonly events: readonly TracedEvent[]
}

/** Sends events, and tells of it where somebody traces. */
export function send<Result>(
  tracing: Tracing | undefined,
  sending: Sending,
  work: () => Promise<Result>,
): Promise<Result> {
  return tracing ? tracing.send(sending, work) : work()
}
