import {
  createQueue,
  dropQueue,
  type QueueRow,
  requireQueue,
  setQueueConfig,
} from '../resolvers/queues/queues.ts'
import { tick } from '../resolvers/ticks/ticks.ts'
import { databaseField } from './arguments.ts'
import { builder } from './builder.ts'
import { needs, seen } from './needs.ts'
import { queueNamedInInput, queueOfInput } from './places.ts'
import { Queue } from './refs.ts'

const CreateQueueInput = builder.inputType('CreateQueueInput', {
  fields: (t) => ({
    database: databaseField(t),
    name: t.string({ required: true, description: 'Any text.' }),
    tickerMaxCount: t.int({ description: 'At least 1, default 500.' }),
    tickerMaxLagSeconds: t.float({
      description: 'Default 0.05, for live delivery; a queue made in SQL has 3.',
    }),
    tickerIdlePeriodSeconds: t.float({ description: 'Default 60.' }),
    rotationPeriodSeconds: t.float({ description: 'Default 7200.' }),
    externalTicker: t.boolean({ description: 'Ticks are copied from another database. Default false.' }),
  }),
})

const CreateQueuePayload = builder
  .objectRef<{ created: boolean; queue: QueueRow }>('CreateQueuePayload')
  .implement({
    needs: seen,
    fields: (t) => ({
      created: t.exposeBoolean('created', {
        description: 'False when the queue exists already; its configuration stays as it was.',
      }),
      queue: t.expose('queue', { type: Queue }),
    }),
  })

const DropQueueInput = builder.inputType('DropQueueInput', {
  fields: (t) => ({
    database: databaseField(t),
    name: t.string({ required: true }),
    force: t.boolean({ defaultValue: false, required: true, description: 'Unregister its consumers too.' }),
  }),
})

const DropQueuePayload = builder.objectRef<{ dropped: boolean }>('DropQueuePayload').implement({
  needs: seen,
  fields: (t) => ({
    dropped: t.exposeBoolean('dropped', { description: 'False when there was no such queue.' }),
  }),
})

const SetQueueConfigInput = builder.inputType('SetQueueConfigInput', {
  description: 'What is left out stays as it is.',
  fields: (t) => ({
    database: databaseField(t),
    name: t.string({ required: true }),
    tickerMaxCount: t.int(),
    tickerMaxLagSeconds: t.float(),
    tickerIdlePeriodSeconds: t.float(),
    tickerPaused: t.boolean(),
    rotationPeriodSeconds: t.float(),
    externalTicker: t.boolean(),
  }),
})

const QueueInput = builder.inputType('QueueInput', {
  fields: (t) => ({ database: databaseField(t), queue: t.string({ required: true }) }),
})

const queuePayload = (name: string) =>
  builder
    .objectRef<{ queue: QueueRow }>(name)
    .implement({ needs: seen, fields: (t) => ({ queue: t.expose('queue', { type: Queue }) }) })

const SetQueueConfigPayload = queuePayload('SetQueueConfigPayload')
const QueuePayload = queuePayload('QueuePayload')

const TickInput = builder.inputType('TickInput', {
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    force: t.boolean({ defaultValue: false, required: true, description: 'Tick even if none is due.' }),
  }),
})

const TickPayload = builder.objectRef<{ tickId: string | null }>('TickPayload').implement({
  needs: seen,
  fields: (t) => ({
    tickId: t.expose('tickId', { type: 'BigInt', nullable: true, description: 'Null when no tick was due.' }),
  }),
})

builder.mutationFields((t) => ({
  createQueue: t.field({
    type: CreateQueuePayload,
    args: { input: t.arg({ type: CreateQueueInput, required: true }) },
    needs: needs('admin', queueNamedInInput, { creates: true }),
    resolve: async (_, { input }, context) => {
      const created = await createQueue(context, input)
      return { created, queue: await requireQueue(context, input.database, input.name) }
    },
  }),
  dropQueue: t.field({
    type: DropQueuePayload,
    description: 'Drops a queue with its events, retries and dead letters.',
    args: { input: t.arg({ type: DropQueueInput, required: true }) },
    needs: needs('admin', queueNamedInInput),
    resolve: async (_, { input }, context) => ({ dropped: await dropQueue(context, input) }),
  }),
  setQueueConfig: t.field({
    type: SetQueueConfigPayload,
    args: { input: t.arg({ type: SetQueueConfigInput, required: true }) },
    needs: needs('manage', queueNamedInInput),
    resolve: async (_, { input }, context) => {
      await setQueueConfig(context, input)
      return { queue: await requireQueue(context, input.database, input.name) }
    },
  }),
  tick: t.field({
    type: TickPayload,
    args: { input: t.arg({ type: TickInput, required: true }) },
    needs: needs('manage', queueOfInput),
    resolve: async (_, { input }, context) => ({ tickId: await tick(context, input) }),
  }),
  pauseTicker: t.field({
    type: QueuePayload,
    description: 'No ticks at all until resumeTicker: events are kept, and delivered then.',
    args: { input: t.arg({ type: QueueInput, required: true }) },
    needs: needs('manage', queueOfInput),
    resolve: async (_, { input }, context) => {
      await setQueueConfig(context, { database: input.database, name: input.queue, tickerPaused: true })
      return { queue: await requireQueue(context, input.database, input.queue) }
    },
  }),
  resumeTicker: t.field({
    type: QueuePayload,
    args: { input: t.arg({ type: QueueInput, required: true }) },
    needs: needs('manage', queueOfInput),
    resolve: async (_, { input }, context) => {
      await setQueueConfig(context, { database: input.database, name: input.queue, tickerPaused: false })
      return { queue: await requireQueue(context, input.database, input.queue) }
    },
  }),
}))
