import { PgqError } from '../errors.ts'
import type { MoverStatus } from '../mover/mover.ts'
import { visibleMovers } from '../mover/visible-movers.ts'
import { type BatchAvailability, batchAvailable } from '../pubsub/batches/availability-stream.ts'
import { batches } from '../pubsub/batches/batches-stream.ts'
import { watchDeadLetterJob } from '../pubsub/dead-letters/bulk-dead-letters.ts'
import { consumersSeen, queuesSeen, stats } from '../pubsub/stats/stats-stream.ts'
import type { Sink, Stream } from '../pubsub/stream.ts'
import type { TickBatch as TickBatchRow } from '../pubsub/tail/tail-source.ts'
import { tail } from '../pubsub/tail/tail-stream.ts'
import type { Gap as GapRow } from '../pubsub/ticks/tick-reader.ts'
import { ticks } from '../pubsub/ticks/ticks-stream.ts'
import type { TickRow } from '../resolvers/ticks/ticks.ts'
import { databaseArg, databaseField } from './arguments.ts'
import { builder } from './builder.ts'
import { rowsCost } from './cost.ts'
import { DeadLetterJob } from './dead-letter-job.ts'
import { Event, EventFilter } from './event.ts'
import { Mover } from './mover.ts'
import { checked, needs, seen } from './needs.ts'
import { consumerOfArgs, consumerOfInput } from './places.ts'
import { Batch, Consumer, Queue, Tick } from './refs.ts'

/**
 * A stream's message to the field: a value, or the error that ends the stream. Subscribers with the same `shared`
 * object get the same value, so it need not be executed for each.
 */
type Delivery<Value> =
  | { value: Value; shared?: Value; tickTime?: string | null | undefined }
  | { error: unknown }

interface DeliveryOptions<Value> {
  /** Whether subscribers get the same objects. */
  isShared?: boolean
  /** Finds the time of the tick that a value is of; null for a gap. */
  tickTimeOf?: (value: Value) => string | null
}

/**
 * Turns a stream's failure into its last message, so that the client gets an error with a code on every transport. An
 * iterator that throws would break the connection instead.
 */
class Deliveries<Value> implements AsyncIterableIterator<Delivery<Value>, undefined>, Sink<Value> {
  readonly kind: string
  readonly #stream: Stream<Value>
  readonly #options: DeliveryOptions<Value>
  #sink: Sink<Delivery<Value>> | undefined

  constructor(kind: string, stream: Stream<Value>, options: DeliveryOptions<Value>) {
    this.kind = kind
    this.#stream = stream
    this.#options = options
  }

  pipe(sink: Sink<Delivery<Value>>): void {
    this.#sink = sink
    this.#stream.pipe(this)
  }

  give(value: Value): Promise<unknown> | undefined {
    return this.#sink?.give(this.#toDelivery(value))
  }

  end(): void {
    this.#sink?.end()
  }

  fail(error: unknown): void {
    void this.#sink?.give({ error })
    this.#sink?.end()
  }

  async next(): Promise<IteratorResult<Delivery<Value>, undefined>> {
    try {
      const result = await this.#stream.next()
      return result.done ? result : { done: false, value: this.#toDelivery(result.value) }
    } catch (error) {
      return { done: false, value: { error } }
    }
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    return this.#stream.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #toDelivery(value: Value): Delivery<Value> {
    const { isShared, tickTimeOf } = this.#options
    const tickTime = tickTimeOf?.(value)
    return isShared ? { value, shared: value, tickTime } : { value, tickTime }
  }
}

/** @param kind Name of the field, for metrics. */
function deliver<Value>(
  kind: string,
  stream: Stream<Value>,
  options: DeliveryOptions<Value> = {},
): Deliveries<Value> {
  return new Deliveries(kind, stream, options)
}

function delivered<Value>(delivery: Delivery<Value>): Value {
  if ('error' in delivery) throw delivery.error
  return delivery.value
}

const GapReason = builder.enumType('GapReason', {
  values: {
    ROTATED: { description: 'Rotation has removed the events from the log.' },
    RECREATED: { description: 'The queue was dropped and made again; its ticks count from 1.' },
    AHEAD: { description: 'The cursor is ahead of the log: it belongs to another queue or database.' },
  },
})

const Gap = builder.objectRef<GapRow>('Gap').implement({
  needs: seen,
  description: 'The log between these ticks is gone: the stream goes on after `toTick`.',
  fields: (t) => ({
    fromTick: t.expose('fromTick', { type: 'BigInt' }),
    toTick: t.expose('toTick', { type: 'BigInt' }),
    reason: t.expose('reason', { type: GapReason }),
  }),
})

const TickBatch = builder.objectRef<TickBatchRow>('TickBatch').implement({
  needs: seen,
  description: 'The events between two ticks that belong to every consumer.',
  fields: (t) => ({
    tickId: t.expose('tickId', {
      type: 'BigInt',
      description: 'The cursor to resume from, once isComplete.',
    }),
    prevTickId: t.expose('prevTickId', { type: 'BigInt' }),
    time: t.expose('time', { type: 'DateTime' }),
    events: t.expose('events', { type: [Event] }),
    isComplete: t.exposeBoolean('isComplete', {
      description:
        "False when more of the same tick follows: a batch above the server's limit comes in parts.",
    }),
  }),
})

const TickMessage = builder.unionType('TickMessage', {
  types: [Tick, Gap],
  resolveType: (value) => ('reason' in value ? 'Gap' : 'Tick'),
})

const TailMessage = builder.unionType('TailMessage', {
  types: [TickBatch, Gap],
  resolveType: (value) => ('reason' in value ? 'Gap' : 'TickBatch'),
})

const BatchAvailabilityType = builder.objectRef<BatchAvailability>('BatchAvailability').implement({
  needs: seen,
  description: 'The consumer has a batch to open, or holds one open.',
  fields: (t) => ({
    consumer: t.expose('consumer', { type: Consumer }),
    tickId: t.expose('tickId', { type: 'BigInt', description: 'The newest tick.' }),
  }),
})

const BatchesInput = builder.inputType('BatchesInput', {
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    consumer: t.string({ required: true }),
    subconsumer: t.string({
      description: 'Consume as this member of a cooperative consumer; registered where missing.',
    }),
    minLagSeconds: t.float({ description: 'The closing tick must be this old.' }),
    minCount: t.int({
      description: 'Gather ticks until there are this many events, or minIntervalSeconds have passed.',
    }),
    minIntervalSeconds: t.float({
      description: 'Gather ticks until the batch spans this long, or has minCount events.',
    }),
    deadIntervalSeconds: t.float({
      description:
        'A member whose connection is gone loses its batch to the group after this. From 1, default 30.',
    }),
    heartbeatSeconds: t.float({
      description:
        'The stream ends with TIMEOUT when its batch is open for this long without touchBatch. For connections that may be dead without telling, such as SSE. From 1; null: the connection alone counts.',
    }),
    standby: t.boolean({
      defaultValue: false,
      required: true,
      description: 'Wait while another worker consumes, and take over from it; else that is CONSUMER_BUSY.',
    }),
  }),
})

const interval = {
  defaultValue: 1,
  required: true,
  description: 'Between messages, from 0.1 to 3600.',
} as const

builder.subscriptionFields((t) => ({
  ticks: t.field({
    type: TickMessage,
    needs: checked('ticks'),
    description:
      'Each tick of a queue, from a cursor or from now on; of every queue, from now on, without `queue`.',
    args: {
      ...databaseArg(),
      queue: t.arg.string(),
      after: t.arg({ type: 'BigInt', description: 'The last tick that you have.' }),
    },
    subscribe: (_, args, context) =>
      deliver('ticks', ticks(context.database(args.database), context.caller, args), {
        tickTimeOf: (message) => (message.kind === 'tick' ? message.tick.time : null),
      }),
    resolve: (delivery): TickRow | GapRow => {
      const message = delivered(delivery)
      return message.kind === 'tick' ? message.tick : message.gap
    },
  }),
  tail: t.field({
    type: TailMessage,
    needs: checked('tail'),
    description: 'Batches as a shared log, for any number of readers and without a registered consumer.',
    args: {
      ...databaseArg(),
      queue: t.arg.string({ required: true }),
      after: t.arg({
        type: 'BigInt',
        description: 'The last tick that you have; left out, only what is still to come.',
      }),
      filter: t.arg({ type: EventFilter }),
    },
    subscribe: (_, args, context) => {
      const { maxBatchEvents: maxEvents, maxEventBytes: maxBytes } = context.limits
      const { queue, after = null, filter } = args
      return deliver(
        'tail',
        tail(context.database(args.database), context.caller, { queue, after, filter, maxEvents, maxBytes }),
        {
          isShared: true,
          tickTimeOf: (message) => (message.kind === 'batch' ? message.batch.time : null),
        },
      )
    },
    resolve: (delivery): TickBatchRow | GapRow => {
      const message = delivered(delivery)
      return message.kind === 'batch' ? message.batch : message.gap
    },
  }),
  batchAvailable: t.field({
    type: BatchAvailabilityType,
    needs: needs('stats', consumerOfArgs),
    description:
      'The consumer has something to open: at once, and then once for each new tick. Opens nothing.',
    args: {
      ...databaseArg(),
      queue: t.arg.string({ required: true }),
      consumer: t.arg.string({ required: true }),
    },
    subscribe: (_, args, context) =>
      deliver('batchAvailable', batchAvailable(context.database(args.database), args)),
    resolve: delivered,
  }),
  batches: t.field({
    type: Batch,
    needs: needs('consume', consumerOfInput),
    description:
      'Durable consumption: opens each batch under a lease; the next one follows when this one is settled with finishBatch, on any connection.',
    args: { input: t.arg({ type: BatchesInput, required: true }) },
    subscribe: (_, { input }, context) =>
      deliver('batches', batches(context.database(input.database), input), {
        tickTimeOf: (batch) => batch.endTime,
      }),
    resolve: delivered,
  }),
  queueStats: t.field({
    type: [Queue],
    needs: checked('queuesSeen'),
    complexity: rowsCost(100),
    description: 'Queues at an interval, sampled once for all subscribers.',
    args: {
      ...databaseArg(),
      queues: t.arg.stringList({ description: 'All, by default.' }),
      intervalSeconds: t.arg.float(interval),
    },
    subscribe: (_, args, context) =>
      deliver('queueStats', stats(context.database(args.database), args), { isShared: true }),
    resolve: (delivery, { queues }, context) => queuesSeen(context, delivered(delivery), queues),
  }),
  consumerStats: t.field({
    type: [Consumer],
    needs: checked('consumersSeen'),
    complexity: rowsCost(100),
    description: 'Consumers at an interval, sampled once for all subscribers.',
    args: { ...databaseArg(), queue: t.arg.string(), intervalSeconds: t.arg.float(interval) },
    subscribe: (_, args, context) =>
      deliver('consumerStats', stats(context.database(args.database), args), { isShared: true }),
    resolve: (delivery, { queue }, context) => consumersSeen(context, delivered(delivery), queue),
  }),
  deadLetterJob: t.field({
    type: DeadLetterJob,
    needs: checked('watchDeadLetterJob'),
    description: 'Where a job is, at once and whenever it has come further; ends with it.',
    args: { ...databaseArg(), id: t.arg.id({ required: true }) },
    subscribe: (_, args, context) =>
      deliver('deadLetterJob', watchDeadLetterJob(context, args), { isShared: true }),
    resolve: delivered,
  }),
  moverStats: t.field({
    type: [Mover],
    needs: checked('visibleMovers'),
    complexity: rowsCost(10),
    description: 'Movers at an interval, asked once for all subscribers.',
    args: { intervalSeconds: t.arg.float({ ...interval, defaultValue: 5 }) },
    subscribe: (_, { intervalSeconds }, { movers }) => {
      if (!movers) throw new PgqError('NOT_FOUND', 'This server has no movers')
      return deliver('moverStats', movers.watch(intervalSeconds), { isShared: true })
    },
    resolve: (delivery, _, { caller }): MoverStatus[] => visibleMovers(caller, delivered(delivery)),
  }),
}))
