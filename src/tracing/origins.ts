import { type Context, type Link, type SpanContext, trace } from '@opentelemetry/api'
import type { ExtraColumn } from '../access/grant.ts'
import { readTraceparent } from './traceparent.ts'

/** The columns of an event, of which one may keep the context in which it was published. */
export type Extras = Readonly<Record<ExtraColumn, string | null>>

/** Most links of one span; the SDK takes as many unless told otherwise. */
const MAX_LINKS = 128

/** Finds where events were sent, each place once; no more of them than a span has links. */
export function originsOf(events: readonly Extras[], column: ExtraColumn): SpanContext[] {
  const found = new Map<string, SpanContext>()
  for (const event of events) {
    const text = event[column]
    if (text === null || found.has(text)) continue
    const origin = readTraceparent(text)
    if (origin) found.set(text, origin)
    if (found.size === MAX_LINKS) break
  }
  return [...found.values()]
}

export function linksTo(origins: readonly SpanContext[]): Link[] {
  return origins.map((context) => ({ context }))
}

/** Goes on with the trace of events that were sent together; those of several traces begin one of their own. */
export function continued(context: Context, origins: readonly SpanContext[]): Context {
  const [origin, other] = origins
  return origin && !other ? trace.setSpanContext(context, origin) : context
}
