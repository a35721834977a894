import { finishBatch } from '../resolvers/batches/finish-batch.ts'
import { touchBatch } from '../resolvers/batches/leases.ts'
import { nextBatch, nextCoopBatch } from '../resolvers/batches/next-batch.ts'
import type { BatchRow } from '../resolvers/batches/open-batch.ts'
import { retryBatch, retryEvent } from '../resolvers/batches/retries.ts'
import { stageSettlement } from '../resolvers/batches/stage-settlement.ts'
import { failEvent, findDeadLetter } from '../resolvers/dead-letters/dead-letters.ts'
import { databaseField } from './arguments.ts'
import { builder } from './builder.ts'
import { DeadLetter } from './dead-letter.ts'
import { PublishInput } from './event.ts'
import { checked, needs, seen } from './needs.ts'
import { consumerOfInput } from './places.ts'
import { Batch } from './refs.ts'

/** Conditions for a batch to be ready, named as in pgq.next_batch_custom. */
const conditions = {
  minLagSeconds: 'Its closing tick must be this old.',
  minCount: 'Gather ticks until there are this many events, or minIntervalSeconds have passed.',
  minIntervalSeconds: 'Gather ticks until the batch spans this long, or has minCount events.',
}

const NextBatchInput = builder.inputType('NextBatchInput', {
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    consumer: t.string({ required: true }),
    minLagSeconds: t.float({ description: conditions.minLagSeconds }),
    minCount: t.int({ description: conditions.minCount }),
    minIntervalSeconds: t.float({ description: conditions.minIntervalSeconds }),
  }),
})

const NextCoopBatchInput = builder.inputType('NextCoopBatchInput', {
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    consumer: t.string({ required: true, description: 'Registered where it is missing, like the member.' }),
    subconsumer: t.string({ required: true }),
    minLagSeconds: t.float({ description: conditions.minLagSeconds }),
    minCount: t.int({ description: conditions.minCount }),
    minIntervalSeconds: t.float({ description: conditions.minIntervalSeconds }),
    deadIntervalSeconds: t.float({
      description:
        'Take over the batch of a member that was silent for this long; left out, none is taken over.',
    }),
  }),
})

const NextBatchPayload = builder.objectRef<{ batch: BatchRow | null }>('NextBatchPayload').implement({
  needs: seen,
  fields: (t) => ({
    batch: t.expose('batch', { type: Batch, nullable: true, description: 'Null when no tick is ready.' }),
  }),
})

const EventRetryInput = builder.inputType('EventRetryInput', {
  fields: (t) => ({
    eventId: t.field({ type: 'BigInt', required: true }),
    afterSeconds: t.float({ defaultValue: 60, required: true }),
  }),
})

const EventFailureInput = builder.inputType('EventFailureInput', {
  fields: (t) => ({ eventId: t.field({ type: 'BigInt', required: true }), reason: t.string() }),
})

const leaseToken = 'From the batch, unless it was opened outside this API.'

const FinishBatchInput = builder.inputType('FinishBatchInput', {
  fields: (t) => ({
    database: databaseField(t),
    batchId: t.field({ type: 'BigInt', required: true }),
    leaseToken: t.string({ description: leaseToken }),
    retries: t.field({ type: [EventRetryInput], description: 'Events to deliver again.' }),
    failures: t.field({
      type: [EventFailureInput],
      description: 'Events to give up on: they become dead letters.',
    }),
    publish: t.field({ type: [PublishInput], description: 'Events that follow from the batch.' }),
    stagedParts: t.intList({
      description:
        'Parts of stageSettlement that are settled along with this, in the order in which they are published. NOT_FOUND when they must be staged again.',
    }),
  }),
})

const StageSettlementInput = builder.inputType('StageSettlementInput', {
  fields: (t) => ({
    database: databaseField(t),
    batchId: t.field({ type: 'BigInt', required: true }),
    leaseToken: t.string({ required: true }),
    part: t.int({
      required: true,
      description:
        'Any number. The same one again replaces the part, so that a call may be repeated; give other content another one.',
    }),
    replaces: t.intList({ description: 'Parts that are not wanted any more: they are dropped.' }),
    retries: t.field({ type: [EventRetryInput] }),
    failures: t.field({ type: [EventFailureInput] }),
    publish: t.field({ type: [PublishInput] }),
  }),
})

const StageSettlementPayload = builder.objectRef<{ staged: boolean }>('StageSettlementPayload').implement({
  needs: seen,
  fields: (t) => ({
    staged: t.exposeBoolean('staged', { description: 'False when the batch was settled before.' }),
  }),
})

const TouchBatchInput = builder.inputType('TouchBatchInput', {
  fields: (t) => ({
    database: databaseField(t),
    batchId: t.field({ type: 'BigInt', required: true }),
    leaseToken: t.string({ description: leaseToken }),
  }),
})

const TouchBatchPayload = builder.objectRef<{ touched: boolean }>('TouchBatchPayload').implement({
  needs: seen,
  fields: (t) => ({
    touched: t.exposeBoolean('touched', {
      description: "False when the batch was settled before, by this lease or by nobody's.",
    }),
  }),
})

const FinishBatchPayload = builder.objectRef<{ finished: boolean }>('FinishBatchPayload').implement({
  needs: seen,
  fields: (t) => ({
    finished: t.exposeBoolean('finished', {
      description:
        'False when the batch was finished before; then nothing of this input was done, again or at all.',
    }),
  }),
})

const RetryEventInput = builder.inputType('RetryEventInput', {
  description: 'Exactly one of afterSeconds and at.',
  fields: (t) => ({
    database: databaseField(t),
    batchId: t.field({ type: 'BigInt', required: true }),
    leaseToken: t.string({ description: leaseToken }),
    eventId: t.field({ type: 'BigInt', required: true }),
    afterSeconds: t.float(),
    at: t.field({ type: 'DateTime' }),
  }),
})

const RetryEventPayload = builder.objectRef<{ retried: boolean }>('RetryEventPayload').implement({
  needs: seen,
  fields: (t) => ({
    retried: t.exposeBoolean('retried', { description: 'False when it waits in the retry queue already.' }),
  }),
})

const RetryBatchInput = builder.inputType('RetryBatchInput', {
  fields: (t) => ({
    database: databaseField(t),
    batchId: t.field({ type: 'BigInt', required: true }),
    leaseToken: t.string({ description: leaseToken }),
    afterSeconds: t.float({ defaultValue: 60, required: true }),
  }),
})

const RetryBatchPayload = builder.objectRef<{ eventCount: number }>('RetryBatchPayload').implement({
  needs: seen,
  fields: (t) => ({
    eventCount: t.exposeInt('eventCount', { description: 'Events that were newly queued.' }),
  }),
})

const FailEventInput = builder.inputType('FailEventInput', {
  fields: (t) => ({
    database: databaseField(t),
    batchId: t.field({ type: 'BigInt', required: true }),
    leaseToken: t.string({ description: leaseToken }),
    eventId: t.field({ type: 'BigInt', required: true }),
    reason: t.string(),
  }),
})

const FailEventPayload = builder.objectRef<{ database: string; id: string }>('FailEventPayload').implement({
  needs: seen,
  fields: (t) => ({
    deadLetter: t.field({
      type: DeadLetter,
      nullable: true,
      description: 'Null when somebody has deleted it since.',
      resolve: (payload, _, context) => findDeadLetter(context, payload.database, payload.id),
    }),
  }),
})

builder.mutationFields((t) => ({
  nextBatch: t.field({
    type: NextBatchPayload,
    description:
      'Opens the next batch of a consumer, or hands out again the one that it has open. Each call ends the lease of the one before.',
    args: { input: t.arg({ type: NextBatchInput, required: true }) },
    needs: needs('consume', consumerOfInput),
    resolve: async (_, { input }, context) => ({ batch: await nextBatch(context, input) }),
  }),
  nextCoopBatch: t.field({
    type: NextBatchPayload,
    description: 'The same for a member of a cooperative consumer: each batch goes to one of the members.',
    args: { input: t.arg({ type: NextCoopBatchInput, required: true }) },
    needs: needs('consume', consumerOfInput, { creates: true }),
    resolve: async (_, { input }, context) => ({ batch: await nextCoopBatch(context, input) }),
  }),
  touchBatch: t.field({
    type: TouchBatchPayload,
    description:
      "The worker's sign of life while it works on a batch, for a subscription with heartbeatSeconds; a member keeps its batch by it. STALE_LEASE when another worker opened the batch since.",
    args: { input: t.arg({ type: TouchBatchInput, required: true }) },
    needs: checked('settledBatch'),
    resolve: async (_, { input }, context) => ({ touched: await touchBatch(context, input) }),
  }),
  finishBatch: t.field({
    type: FinishBatchPayload,
    description:
      'Settles a batch in one transaction: retries and dead letters are recorded, publish is inserted, the batch is closed.',
    args: { input: t.arg({ type: FinishBatchInput, required: true }) },
    needs: checked('settledBatch'),
    resolve: async (_, { input }, context) => ({ finished: await finishBatch(context, input) }),
  }),
  stageSettlement: t.field({
    type: StageSettlementPayload,
    description:
      'Stores a part of a settlement that is too large for one request; nothing of it happens before finishBatch names it in stagedParts. It is checked like a finish, and lost when the lease ends.',
    args: { input: t.arg({ type: StageSettlementInput, required: true }) },
    needs: checked('settledBatch'),
    resolve: async (_, { input }, context) => ({ staged: await stageSettlement(context, input) }),
  }),
  retryEvent: t.field({
    type: RetryEventPayload,
    description: 'Delivers an event of an open batch again later. The batch stays open.',
    args: { input: t.arg({ type: RetryEventInput, required: true }) },
    needs: checked('settledBatch'),
    resolve: async (_, { input }, context) => ({ retried: await retryEvent(context, input) }),
  }),
  retryBatch: t.field({
    type: RetryBatchPayload,
    description: 'Delivers every event of an open batch again later. The batch stays open.',
    args: { input: t.arg({ type: RetryBatchInput, required: true }) },
    needs: checked('settledBatch'),
    resolve: async (_, { input }, context) => ({ eventCount: await retryBatch(context, input) }),
  }),
  failEvent: t.field({
    type: FailEventPayload,
    description: 'Gives up on an event of an open batch: it becomes a dead letter. The batch stays open.',
    args: { input: t.arg({ type: FailEventInput, required: true }) },
    needs: checked('settledBatch'),
    resolve: async (_, { input }, context) => ({
      database: input.database,
      id: await failEvent(context, input),
    }),
  }),
}))
