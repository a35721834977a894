import { type Attributes, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'

export interface RecordedSpan {
  name: string
  kind: string
  traceId: string
  spanId: string
  parentId: string | undefined
  attributes: Attributes
  /** Ids of the spans that it links to. */
  links: string[]
  /** Message of its status where that is an error. */
  error: string | undefined
}

export interface SpanRecorder {
  /** The spans that have ended, in that order. */
  spans(): RecordedSpan[]
  reset(): void
}

/** Registers an SDK of OpenTelemetry for the process of this test file, as a user would, and keeps the spans. */
export function recordSpans(): SpanRecorder {
  const exporter = new InMemorySpanExporter()
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
  return {
    spans: () => exporter.getFinishedSpans().map(toRecorded),
    reset: () => exporter.reset(),
  }
}

function toRecorded(span: ReadableSpan): RecordedSpan {
  const { traceId, spanId } = span.spanContext()
  const { code, message } = span.status
  return {
    name: span.name,
    kind: SpanKind[span.kind],
    traceId,
    spanId,
    parentId: span.parentSpanContext?.spanId,
    attributes: span.attributes,
    links: span.links.map(({ context }) => context.spanId),
    error: code === SpanStatusCode.ERROR ? message : undefined,
  }
}
