import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { PgqClientError } from '../errors.ts'
import type { EventInput } from '../generated/operations.ts'
import { isPromise } from '../promise.ts'
import type { Sending, TracedBatch, TracedEvent, Tracing } from '../tracing.ts'
import { readTraceparent, writeTraceparent } from './traceparent.ts'

export interface OpenTelemetryOptions {
  /**
   * The column of events that has the context of their publish: the `tracing.traceparentColumn` of the gateway. Default: none,
   * and work on events begins traces of its own.
   */
  traceparentColumn?: TraceparentColumn | undefined
}

export type TraceparentColumn = 'extra1' | 'extra2' | 'extra3' | 'extra4'

export interface OpenTelemetryTracing extends Tracing {
  /** Gives the context in which an event was published, such as one of `tail`; the root context where that is not known. */
  contextOf(event: TracedEvent): Context
}

/**
 * Makes a client's option `tracing`: spans by the SDK of OpenTelemetry that the program has registered, by the conventions for
 * messaging and without payloads. Without an SDK it does nothing.
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): OpenTelemetryTracing {
  return new Spans(options.traceparentColumn)
}

/** Most links of one span; the SDK takes as many unless told otherwise. */
const MAX_LINKS = 128

class Spans implements OpenTelemetryTracing {
  readonly #tracer = trace.getTracer('@pgq-graphql/client')
  readonly #column: TraceparentColumn | undefined

  constructor(column: TraceparentColumn | undefined) {
    this.#column = column
  }

  contextOf(event: TracedEvent): Context {
    const origin = this.#originOf(event)
    return origin ? trace.setSpanContext(ROOT_CONTEXT, origin) : ROOT_CONTEXT
  }

  headers(): Record<string, string> {
    const headers: Record<string, string> = {}
    propagation.inject(context.active(), headers)
    return headers
  }

  /** Without a column the server cannot tell events of one request apart, so that none has a span of its own. */
  create(queue: string, event: EventInput): { event: EventInput; origin: SpanContext | undefined } {
    const column = this.#column
    if (column === undefined || event[column] != null)
      return { event, origin: trace.getSpanContext(context.active()) }
    const span = this.#start('create', { queue }, { kind: SpanKind.PRODUCER })
    span.end()
    const origin = span.spanContext()
    return { event: { ...event, [column]: writeTraceparent(origin) }, origin }
  }

  send<Result>({ queue, count, origins }: Sending, work: () => Promise<Result>): Promise<Result> {
    const place = { queue, count }
    if (!origins) return inside(this.#start('publish', place, { kind: SpanKind.PRODUCER }), work)
    // The request has no parent: whoever happens to begin it is but one of those who publish.
    const links = linksTo(origins.filter((origin) => origin !== undefined) as SpanContext[])
    return inside(this.#start('publish', place, { kind: SpanKind.CLIENT, links }, ROOT_CONTEXT), work)
  }

  processBatch<Result>(
    batch: TracedBatch,
    work: () => Promise<Result>,
    errorOf: (result: Result) => unknown,
  ): Promise<Result> {
    const origins = this.#originsOf(batch.events)
    const [origin, other] = origins
    // Events that were sent together go on with their trace; those of several begin one of their own.
    const parent = origin && !other ? trace.setSpanContext(ROOT_CONTEXT, origin) : ROOT_CONTEXT
    const place = { ...placeOf(batch), count: batch.events.length }
    const links = linksTo(origins)
    return inside(this.#start('process', place, { kind: SpanKind.CONSUMER, links }, parent), work, errorOf)
  }

  processEvent<Result>(
    batch: TracedBatch,
    event: TracedEvent,
    work: () => Result | PromiseLike<Result>,
  ): Result | PromiseLike<Result> {
    const origin = this.#originOf(event)
    const active = context.active()
    const whole = trace.getSpanContext(active)
    const isElsewhere = origin !== undefined && origin.traceId !== whole?.traceId
    const parent = isElsewhere ? trace.setSpanContext(active, origin) : active
    const linked = isElsewhere ? whole : origin
    const options = { kind: SpanKind.CONSUMER, links: linksTo(linked ? [linked] : []) }
    return inside(
      this.#start('process', { ...placeOf(batch), eventId: event.eventId }, options, parent),
      work,
    )
  }

  settle<Result>(batch: TracedBatch, work: () => Promise<Result>): Promise<Result> {
    return inside(this.#start('settle', placeOf(batch), { kind: SpanKind.CLIENT }), work)
  }

  #originOf(event: TracedEvent): SpanContext | undefined {
    return this.#column && readTraceparent(event[this.#column])
  }

  /** Finds where events were sent, each place once. */
  #originsOf(events: readonly TracedEvent[]): SpanContext[] {
    const found = new Map<string, SpanContext>()
    for (const event of events) {
      const origin = this.#originOf(event)
      if (origin) found.set(origin.spanId, origin)
      if (found.size === MAX_LINKS) break
    }
    return [...found.values()]
  }

  #start(operation: keyof typeof types, place: Place, options: SpanOptions, parent?: Context): Span {
    const attributes = {
      'messaging.system': 'pgq',
      'messaging.operation.type': types[operation],
      'messaging.operation.name': operation,
      ...attributesOf(place),
    }
    return this.#tracer.startSpan(`${operation} ${place.queue}`, { ...options, attributes }, parent)
  }
}

/** The types that the conventions give to what a client does. */
const types = { create: 'create', publish: 'send', process: 'process', settle: 'settle' } as const

interface Place {
  queue: string
  consumerName?: string
  batchId?: string
  eventId?: string
  count?: number
}

function placeOf({ queue, consumerName, batchId }: TracedBatch): Place {
  return { queue, consumerName, batchId }
}

function attributesOf({ queue, consumerName, batchId, eventId, count }: Place): Attributes {
  return {
    'messaging.destination.name': queue,
    ...(consumerName !== undefined && { 'messaging.consumer.group.name': consumerName }),
    ...(eventId !== undefined && { 'messaging.message.id': eventId }),
    ...(count !== undefined && { 'messaging.batch.message_count': count }),
    ...(batchId !== undefined && { 'pgq.batch.id': batchId }),
  }
}

function linksTo(origins: readonly SpanContext[]) {
  return origins.slice(0, MAX_LINKS).map((origin) => ({ context: origin }))
}

function inside<Result>(
  span: Span,
  work: () => Promise<Result>,
  errorOf?: (result: Result) => unknown,
): Promise<Result>
function inside<Result>(span: Span, work: () => Result | PromiseLike<Result>): Result | PromiseLike<Result>
/** Works inside a span, and ends it with the work. */
function inside<Result>(
  span: Span,
  work: () => Result | PromiseLike<Result>,
  errorOf = (_result: Result): unknown => undefined,
): Result | PromiseLike<Result> {
  const done = (result: Result) => {
    end(span, errorOf(result))
    return result
  }
  const failed = (error: unknown): never => {
    end(span, error)
    throw error
  }
  let worked: Result | PromiseLike<Result>
  try {
    worked = context.with(trace.setSpan(context.active(), span), work)
  } catch (error) {
    return failed(error)
  }
  return isPromise(worked) ? worked.then(done, failed) : done(worked)
}

/** Messages of errors are left out: they may quote what is worked on. */
function end(span: Span, error: unknown): void {
  if (error !== undefined) {
    const type = typeOf(error)
    span.setStatus({ code: SpanStatusCode.ERROR, message: type })
    span.setAttribute('error.type', type)
  }
  span.end()
}

function typeOf(error: unknown): string {
  if (error instanceof PgqClientError) return error.code
  return error instanceof Error ? error.name : '_OTHER'
}
