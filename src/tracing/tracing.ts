import {
  type Attributes,
  type Context,
  context,
  ProxyTracerProvider,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { OperationTypeNode } from 'graphql'
import type { ExtraColumn } from '../access/grant.ts'
import type { Sender } from '../caller.ts'
import { PgqError } from '../errors.ts'
import { continued, type Extras, linksTo, originsOf } from './origins.ts'

const NAME = 'pgq-graphql'

/** What is done with events, as the semantic conventions of OpenTelemetry for messaging divide it. */
export interface MessagingOperation {
  type: 'send' | 'receive' | 'settle'
  /** Name of the GraphQL field. */
  name: string
  database: string | null
  queue: string | null
  consumer: string | null
  batchId: string | null
  /** Number of events; undefined where the operation is not about events of which it knows. */
  count?: number | undefined
}

const kinds = { send: SpanKind.PRODUCER, receive: SpanKind.CLIENT, settle: SpanKind.CLIENT }

/** Makes the spans of a gateway, by the SDK of OpenTelemetry that the process has registered. Spans have no payloads. */
export class Tracing {
  /** Column in which published events keep their context; null for none. */
  readonly column: ExtraColumn | null
  readonly #tracer: Tracer

  private constructor(tracer: Tracer, column: ExtraColumn | null) {
    this.#tracer = tracer
    this.column = column
  }

  /** @returns Null where no SDK is registered. */
  static find(column: ExtraColumn | null): Tracing | null {
    const provider = trace.getTracerProvider()
    const isRegistered =
      !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer(NAME) !== undefined
    return isRegistered ? new Tracing(provider.getTracer(NAME), column) : null
  }

  /**
   * Reads the context that a client has sent along; what is no context counts as none. A span that is active, such as that of
   * an instrumented HTTP server, has read it already.
   *
   * @param carrier Headers of a request, payload of `connection_init` or `extensions` of an operation.
   */
  incoming(carrier: unknown, otherwise: Context = ROOT_CONTEXT): Context {
    const active = context.active()
    if (trace.getSpan(active)) return active
    const isCarrier = typeof carrier === 'object' && carrier !== null
    return isCarrier ? propagation.extract(otherwise, carrier, texts) : otherwise
  }

  /** Finds the sender of an operation that has a context of its own in its `extensions`, as on a WebSocket. */
  senderOf(request: unknown, sender: Sender): Sender {
    const { extensions } = Object(request) as { extensions?: unknown }
    return { ...sender, trace: this.incoming(extensions, sender.trace) }
  }

  /** Runs an operation in a span. What a subscription goes on to do does not belong to it. */
  async serve<Result extends object>(
    { type, name }: { type: OperationTypeNode; name: string | null },
    parent: Context | undefined,
    run: () => Promise<Result>,
  ): Promise<Result> {
    const attributes = {
      'graphql.operation.type': type,
      ...(name !== null && { 'graphql.operation.name': shortened(name) }),
    }
    const given = parent ?? context.active()
    const span = this.#tracer.startSpan(type, { kind: SpanKind.SERVER, attributes }, given)
    const inside = type === 'subscription' ? ROOT_CONTEXT : trace.setSpan(given, span)
    try {
      const result = await context.with(inside, run)
      end(span, codesIn(result))
      return result
    } catch (error) {
      end(span, [codeOf(error)])
      throw error
    }
  }

  /** Notes a request that is not run. */
  refused(refusal: object, parent: Context | undefined): void {
    const span = this.#tracer.startSpan('GraphQL Operation', { kind: SpanKind.SERVER }, parent)
    end(span, codesIn(refusal))
  }

  /** Runs what belongs to no request. */
  apart<Result>(run: () => Result): Result {
    return context.with(ROOT_CONTEXT, run)
  }

  /** Sends or settles in a span. */
  async perform<Result>(
    operation: MessagingOperation,
    run: (span: Span) => Result | Promise<Result>,
  ): Promise<Result> {
    const span = this.#start(operation)
    try {
      const result = await context.with(trace.setSpan(context.active(), span), () => run(span))
      end(span, [])
      return result
    } catch (error) {
      end(span, [codeOf(error)])
      throw error
    }
  }

  /** Notes events that were received, with links to where they were sent. */
  received(operation: MessagingOperation, events: readonly Extras[], startTime: number): void {
    const origins = this.column === null ? [] : originsOf(events, this.column)
    const active = context.active()
    const parent = trace.getSpan(active) ? active : continued(active, origins)
    const options = { links: linksTo(origins), startTime }
    end(this.#start({ ...operation, count: events.length }, options, parent), [])
  }

  #start(operation: MessagingOperation, options: SpanOptions = {}, parent?: Context): Span {
    const { type, name, queue } = operation
    const attributes = attributesOf(operation)
    const spanName = queue === null ? name : `${name} ${shortened(queue)}`
    return this.#tracer.startSpan(spanName, { kind: kinds[type], attributes, ...options }, parent)
  }
}

/** A carrier's texts; whatever else clients put there is left alone. */
const texts = {
  get: (carrier: object, key: string) => {
    const value: unknown = (carrier as Record<string, unknown>)[key]
    if (typeof value !== 'string') return undefined
    return key === 'traceparent' ? innermost(value) : value
  },
  keys: (carrier: object) => Object.keys(carrier),
}

/** An instrumented `fetch` adds its own header behind that of the client, of a span in the same trace. */
function innermost(traceparent: string): string {
  const [, , inner] = /^(00-\w{32})-\w{16}-\w{2}, (\1-\w{16}-\w{2})$/.exec(traceparent) ?? []
  return inner ?? traceparent
}

function attributesOf(operation: MessagingOperation): Attributes {
  const { type, name, database, queue, consumer, batchId, count } = operation
  const known = {
    'messaging.destination.name': queue && shortened(queue),
    'messaging.consumer.group.name': consumer,
    'messaging.batch.message_count': count,
    'pgq.database': database && shortened(database),
    'pgq.batch.id': batchId,
  }
  return {
    'messaging.system': 'pgq',
    'messaging.operation.type': type,
    'messaging.operation.name': name,
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value != null)),
  }
}

/** Longest name in a span: clients may send any, and spans wait in memory until they are exported. */
const MAX_NAME_LENGTH = 256

function shortened(name: string): string {
  return name.slice(0, MAX_NAME_LENGTH)
}

function end(span: Span, codes: readonly string[]): void {
  const [code] = codes
  if (code !== undefined) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: code })
    span.setAttribute('error.type', code)
  }
  span.end()
}

function codesIn(result: object): string[] {
  const { errors = [] } = result as { errors?: readonly { extensions: { code?: unknown } }[] }
  return errors.map(({ extensions }) => String(extensions.code))
}

function codeOf(error: unknown): string {
  return error instanceof PgqError ? error.code : 'INTERNAL'
}
