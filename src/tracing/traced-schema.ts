import type { SpanContext } from '@opentelemetry/api'
import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql'
import { type ExtraColumn, extraColumns } from '../access/grant.ts'
import type { TickBatch } from '../pubsub/tail/tail-source.ts'
import type { Gap } from '../pubsub/ticks/tick-reader.ts'
import type { BatchRow } from '../resolvers/batches/open-batch.ts'
import type { EventPageRow, EventRow } from '../resolvers/events/event-row.ts'
import type { EventInput } from '../resolvers/publishing/publishing.ts'
import type { SchemaContext } from '../schema/context.ts'
import type { Extras } from './origins.ts'
import { writeTraceparent } from './traceparent.ts'
import type { MessagingOperation, Tracing } from './tracing.ts'

const sending = ['insertEvent', 'insertEvents']
const settling = ['finishBatch', 'stageSettlement', 'retryEvent', 'retryBatch', 'failEvent']

/**
 * Has the fields that publish, read and settle events make spans, whichever server executes the schema.
 *
 * @param schema Changed in place, before its lists are.
 */
export function traceMessaging(schema: GraphQLSchema, tracing: Tracing): GraphQLSchema {
  const wrap = (type: string, field: string, wrapper: (resolve: Resolve) => Resolve) => {
    const object = schema.getType(type)
    const found = isObjectType(object) ? object.getFields()[field] : undefined
    if (!found) throw new Error(`the schema has no field ${type}.${field} to trace`)
    found.resolve = wrapper(found.resolve ?? defaultFieldResolver)
  }
  for (const name of sending) wrap('Mutation', name, (resolve) => performed('send', name, resolve, tracing))
  for (const name of settling)
    wrap('Mutation', name, (resolve) => performed('settle', name, resolve, tracing))
  wrap('Batch', 'eventPage', (resolve) =>
    received(resolve, tracing, batchOf, ({ events }: EventPageRow) => events),
  )
  wrap('Batch', 'events', (resolve) => received(resolve, tracing, batchOf, (events: EventRow[]) => events))
  wrap('Subscription', 'tail', (resolve) => received(resolve, tracing, tailOf, eventsOfTail))
  return schema
}

type Resolve = GraphQLFieldResolver<unknown, SchemaContext, Arguments>

interface Arguments {
  input?: Input
  database?: string
  queue?: string
}

interface Input extends EventInput {
  readonly database: string
  readonly queue?: string
  readonly batchId?: string
  readonly events?: readonly EventInput[]
  readonly publish?: readonly EventInput[] | null
}

function performed(type: 'send' | 'settle', name: string, resolve: Resolve, tracing: Tracing): Resolve {
  return (parent, args, context, info) => {
    const { input } = args
    if (!input) return resolve(parent, args, context, info)
    const operation = { type, name, ...placeOf(input, context), count: countOf(type, input) }
    return tracing.perform(operation, (span) => {
      const sent = tracing.column === null ? input : stamped(input, tracing.column, span.spanContext())
      return resolve(parent, { ...args, input: sent }, context, info)
    })
  }
}

type Place = Pick<MessagingOperation, 'database' | 'queue' | 'consumer' | 'batchId'>

/** Finds the queue of a batch, too, where this gateway has opened it. */
function placeOf({ database, queue, batchId }: Input, context: SchemaContext): Place {
  if (queue !== undefined || batchId === undefined)
    return { database, queue: queue ?? null, consumer: null, batchId: null }
  const served = context.databases().find(({ name }) => name === database)
  const holder = served?.state.holders.get(batchId)
  return { database, queue: holder?.queue ?? null, consumer: holder?.consumer ?? null, batchId }
}

function countOf(type: 'send' | 'settle', { events }: Input): number | undefined {
  if (type === 'settle') return undefined
  return events ? events.length : 1
}

/** Gives the events of an input, itself or those in it, the context in which they are published. */
function stamped(input: Input, column: ExtraColumn, origin: SpanContext): Input {
  const traceparent = writeTraceparent(origin)
  const stamp = <Event extends EventInput>(event: Event): Event =>
    event[column] == null && hasContent(event) ? { ...event, [column]: traceparent } : event
  if (input.events) return { ...input, events: input.events.map(stamp) }
  if (input.publish) return { ...input, publish: input.publish.map(stamp) }
  return input.batchId === undefined ? stamp(input) : input
}

/** An event without any is refused, and a context is none. */
function hasContent(event: EventInput): boolean {
  return (
    event.json !== undefined ||
    event.type != null ||
    event.data != null ||
    extraColumns.some((name) => event[name] != null)
  )
}

function received<Parent, Result>(
  resolve: Resolve,
  tracing: Tracing,
  place: (parent: Parent, args: Arguments) => Place & { name: string },
  eventsOf: (result: Result) => readonly Extras[],
): Resolve {
  return (parent, args, context, info) => {
    const startTime = Date.now()
    const tell = (result: unknown) => {
      const events = eventsOf(result as Result)
      if (events.length > 0)
        tracing.received({ type: 'receive', ...place(parent as Parent, args) }, events, startTime)
      return result
    }
    const result: unknown = resolve(parent, args, context, info)
    return result instanceof Promise ? result.then(tell) : tell(result)
  }
}

function batchOf({ database, queueName, consumerName, batchId }: BatchRow): Place & { name: string } {
  return { name: 'batch', database, queue: queueName, consumer: consumerName, batchId }
}

function tailOf(_: unknown, { database, queue }: Arguments): Place & { name: string } {
  return { name: 'tail', database: database ?? null, queue: queue ?? null, consumer: null, batchId: null }
}

function eventsOfTail(message: TickBatch | Gap): readonly EventRow[] {
  return 'events' in message ? message.events : []
}
