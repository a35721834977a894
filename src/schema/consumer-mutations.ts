import { PgqError } from '../errors.ts'
import {
  type ConsumerRow,
  findConsumer,
  registerConsumer,
  unregisterConsumer,
} from '../resolvers/consumers/consumers.ts'
import { registerSubconsumer, unregisterSubconsumer } from '../resolvers/consumers/members.ts'
import { type Move, moveConsumer } from '../resolvers/consumers/move-consumer.ts'
import type { Context } from '../resolvers/context.ts'
import { databaseField } from './arguments.ts'
import { builder } from './builder.ts'
import { needs, seen } from './needs.ts'
import { consumerOfInput } from './places.ts'
import { Consumer } from './refs.ts'

const RegisterConsumerInput = builder.inputType('RegisterConsumerInput', {
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    consumer: t.string({ required: true }),
    atTick: t.field({
      type: 'BigInt',
      description:
        'Where it starts, or is moved to; the newest tick by default. Moving gives up a batch that it has open.',
    }),
  }),
})

const RegisterConsumerPayload = builder
  .objectRef<{ registered: boolean; consumer: ConsumerRow }>('RegisterConsumerPayload')
  .implement({
    needs: seen,
    fields: (t) => ({
      registered: t.exposeBoolean('registered', { description: 'False when it was registered already.' }),
      consumer: t.expose('consumer', { type: Consumer }),
    }),
  })

const UnregisterConsumerInput = builder.inputType('UnregisterConsumerInput', {
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    consumer: t.string({ required: true }),
  }),
})

const UnregisterConsumerPayload = builder
  .objectRef<{ unregisteredCount: number }>('UnregisterConsumerPayload')
  .implement({
    needs: seen,
    fields: (t) => ({
      unregisteredCount: t.exposeInt('unregisteredCount', {
        description:
          'Subscriptions that went: a cooperative consumer and its members, or 0 when there was none.',
      }),
    }),
  })

const RegisterSubconsumerInput = builder.inputType('RegisterSubconsumerInput', {
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    consumer: t.string({ required: true, description: 'Registered too where it is missing.' }),
    subconsumer: t.string({ required: true, description: 'Any text without a dot.' }),
  }),
})

const RegisterSubconsumerPayload = builder
  .objectRef<{ registered: boolean; consumer: ConsumerRow }>('RegisterSubconsumerPayload')
  .implement({
    needs: seen,
    fields: (t) => ({
      registered: t.exposeBoolean('registered', {
        description: 'False when the member was registered already.',
      }),
      consumer: t.expose('consumer', { type: Consumer, description: 'The cooperative consumer.' }),
    }),
  })

const BatchHandlingType = builder.enumType('BatchHandling', {
  description: 'What becomes of the batch that a leaving member holds.',
  values: {
    FAIL: { description: 'Refuse with BATCH_ACTIVE.' },
    RETRY_EVENTS: { description: 'Its events go to the retry queue and reach the group again.' },
    DISCARD: { description: 'Its events are dropped.' },
  },
})

const UnregisterSubconsumerInput = builder.inputType('UnregisterSubconsumerInput', {
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    consumer: t.string({ required: true }),
    subconsumer: t.string({ required: true }),
    batchHandling: t.field({ type: BatchHandlingType, defaultValue: 'FAIL', required: true }),
  }),
})

const UnregisterSubconsumerPayload = builder
  .objectRef<{ unregistered: boolean }>('UnregisterSubconsumerPayload')
  .implement({
    needs: seen,
    fields: (t) => ({
      unregistered: t.exposeBoolean('unregistered', { description: 'False when there was no such member.' }),
    }),
  })

const MoveConsumerInput = builder.inputType('MoveConsumerInput', {
  description: 'One of toTick, toTime and toNewest says where to.',
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    consumer: t.string({ required: true, description: 'A plain or a cooperative one, not a member.' }),
    toTick: t.field({ type: 'BigInt', description: 'A tick in the log, as Queue.ticks lists them.' }),
    toTime: t.field({
      type: 'DateTime',
      description: 'The last tick made up to this time: whatever came later is delivered.',
    }),
    toNewest: t.boolean({
      required: true,
      defaultValue: false,
      description: 'The newest tick: skips all that waits.',
    }),
    force: t.boolean({
      required: true,
      defaultValue: false,
      description:
        'Moves it although a batch is open. That of a plain consumer is given up, and its lease is stale; members finish theirs.',
    }),
    dryRun: t.boolean({ required: true, defaultValue: false, description: 'Only tell what it would do.' }),
  }),
})

const MoveConsumerPayload = builder
  .objectRef<Move & { consumer: ConsumerRow }>('MoveConsumerPayload')
  .implement({
    needs: seen,
    fields: (t) => ({
      fromTick: t.expose('fromTick', { type: 'BigInt' }),
      toTick: t.expose('toTick', { type: 'BigInt' }),
      skippedEvents: t.expose('skippedEvents', {
        type: 'BigInt',
        nullable: true,
        description:
          'Events that it will not be given, by the sequence: approximate. Null where the tick that it was at is gone.',
      }),
      repeatedEvents: t.expose('repeatedEvents', {
        type: 'BigInt',
        nullable: true,
        description: 'Events that it will be given again, counted in the same way.',
      }),
      consumer: t.expose('consumer', { type: Consumer }),
    }),
  })

async function requireConsumer(
  context: Context,
  input: { database: string; queue: string; consumer: string },
): Promise<ConsumerRow> {
  const consumer = await findConsumer(context, { ...input, name: input.consumer })
  if (!consumer) {
    throw new PgqError('CONSUMER_NOT_FOUND', 'The consumer was unregistered meanwhile', { field: 'consumer' })
  }
  return consumer
}

builder.mutationFields((t) => ({
  registerConsumer: t.field({
    type: RegisterConsumerPayload,
    args: { input: t.arg({ type: RegisterConsumerInput, required: true }) },
    needs: needs(['consume', 'manage'], consumerOfInput, { creates: true }),
    resolve: async (_, { input }, context) => {
      const registered = await registerConsumer(context, input)
      return { registered, consumer: await requireConsumer(context, input) }
    },
  }),
  unregisterConsumer: t.field({
    type: UnregisterConsumerPayload,
    description: 'Unregisters a consumer with its retries; its dead letters stay.',
    args: { input: t.arg({ type: UnregisterConsumerInput, required: true }) },
    needs: needs(['consume', 'manage'], consumerOfInput),
    resolve: async (_, { input }, context) => ({
      unregisteredCount: await unregisterConsumer(context, input),
    }),
  }),
  moveConsumer: t.field({
    type: MoveConsumerPayload,
    description:
      'Moves a consumer in the log, and says what that skips or repeats. A stream that waits for its next batch looks at the next tick. BATCH_ACTIVE while a batch is open.',
    args: { input: t.arg({ type: MoveConsumerInput, required: true }) },
    needs: needs('manage', consumerOfInput),
    resolve: async (_, { input }, context) => {
      const move = await moveConsumer(context, input)
      return { ...move, consumer: await requireConsumer(context, input) }
    },
  }),
  registerSubconsumer: t.field({
    type: RegisterSubconsumerPayload,
    args: { input: t.arg({ type: RegisterSubconsumerInput, required: true }) },
    needs: needs(['consume', 'manage'], consumerOfInput, { creates: true }),
    resolve: async (_, { input }, context) => {
      const registered = await registerSubconsumer(context, input)
      return { registered, consumer: await requireConsumer(context, input) }
    },
  }),
  unregisterSubconsumer: t.field({
    type: UnregisterSubconsumerPayload,
    args: { input: t.arg({ type: UnregisterSubconsumerInput, required: true }) },
    needs: needs(['consume', 'manage'], consumerOfInput),
    resolve: async (_, { input }, context) => ({ unregistered: await unregisterSubconsumer(context, input) }),
  }),
}))
