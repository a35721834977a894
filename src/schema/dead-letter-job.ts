import {
  type BulkAnswer,
  cancelDeadLetterJob,
  deadLetterJobs,
  settleAllDeadLetters,
} from '../pubsub/dead-letters/bulk-dead-letters.ts'
import type { JobReport, JobState } from '../pubsub/dead-letters/dead-letter-job.ts'
import type { DeadLetterAction } from '../resolvers/dead-letters/matching-dead-letters.ts'
import { databaseArg, databaseField } from './arguments.ts'
import { builder } from './builder.ts'
import type { SchemaContext } from './context.ts'
import { rowsCost } from './cost.ts'
import { DeadLetterFilter } from './dead-letter-filter.ts'
import { ErrorCodeType } from './error-code.ts'
import { checked, seen } from './needs.ts'

const DeadLetterActionType = builder.enumType('DeadLetterAction', {
  values: { REQUEUE: { value: 'requeue' }, DELETE: { value: 'delete' } } satisfies Record<
    Uppercase<DeadLetterAction>,
    { value: DeadLetterAction }
  >,
})

const DeadLetterJobState = builder.enumType('DeadLetterJobState', {
  values: {
    RUNNING: { value: 'running' },
    FINISHED: { value: 'finished' },
    CANCELLED: {
      value: 'cancelled',
      description: 'By cancelDeadLetterJob, or since the server shut down. What was done stays done.',
    },
    FAILED: { value: 'failed', description: 'As error tells. What was done stays done; start it again.' },
  } satisfies Record<Uppercase<JobState>, { value: JobState; description?: string }>,
})

export const DeadLetterJob = builder.objectRef<JobReport>('DeadLetterJob').implement({
  needs: seen,
  description:
    'Requeues or deletes many dead letters, in transactions of at most 5,000. It goes on without its caller, in the server that was asked.',
  fields: (t) => ({
    id: t.id({ resolve: ({ jobId }) => jobId }),
    database: t.exposeString('database'),
    action: t.expose('action', { type: DeadLetterActionType }),
    queueName: t.exposeString('queue'),
    consumerName: t.exposeString('consumer', { nullable: true }),
    state: t.expose('state', { type: DeadLetterJobState }),
    total: t.expose('total', { type: 'BigInt', description: 'How many met the filter at the start.' }),
    done: t.field({ type: 'BigInt', resolve: ({ done }) => String(done) }),
    failed: t.field({
      type: 'BigInt',
      description: 'How many stay, since their consumer is not registered any more.',
      resolve: ({ failed }) => String(failed),
    }),
    startedBy: t.exposeString('startedBy'),
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
    endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true }),
    error: t.expose('errorCode', { type: ErrorCodeType, nullable: true }),
  }),
})

builder.queryField('deadLetterJobs', (t) =>
  t.field({
    type: [DeadLetterJob],
    description: 'Jobs of this server that run, and the last 100 that have ended.',
    complexity: rowsCost(10),
    args: databaseArg(),
    needs: checked('deadLetterJobs'),
    resolve: (_, { database }, context) => deadLetterJobs(context, database),
  }),
)

const AllDeadLettersInput = builder.inputType('AllDeadLettersInput', {
  description: 'All dead letters of a queue, or of a consumer on it, that meet the filter.',
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    consumer: t.string(),
    filter: t.field({ type: DeadLetterFilter }),
    dryRun: t.boolean({ required: true, defaultValue: false, description: 'Only count them.' }),
  }),
})

const AllDeadLettersPayload = builder.objectRef<BulkAnswer>('AllDeadLettersPayload').implement({
  needs: seen,
  fields: (t) => ({
    count: t.expose('count', { type: 'BigInt', description: 'How many meet the filter now.' }),
    job: t.expose('job', {
      type: DeadLetterJob,
      nullable: true,
      description: 'Follow it with the subscription deadLetterJob; null for a dry run.',
    }),
  }),
})

const CancelDeadLetterJobInput = builder.inputType('CancelDeadLetterJobInput', {
  fields: (t) => ({ database: databaseField(t), id: t.id({ required: true }) }),
})

const CancelDeadLetterJobPayload = builder
  .objectRef<{ job: JobReport }>('CancelDeadLetterJobPayload')
  .implement({ needs: seen, fields: (t) => ({ job: t.expose('job', { type: DeadLetterJob }) }) })

/** Has the audit told of a job's end, as of another mutation of the same caller. */
function tellingEnd(context: SchemaContext, mutation: string) {
  const startedMs = performance.now()
  return ({ database, queue, consumer, done, errorCode }: JobReport) =>
    context.tellMutation?.({
      caller: context.caller.name,
      client: context.sender.address || null,
      requestId: context.sender.requestId,
      mutation,
      database,
      queue,
      consumer,
      batchId: null,
      durationMs: performance.now() - startedMs,
      code: errorCode,
      affected: done,
    })
}

builder.mutationFields((t) => ({
  requeueAllDeadLetters: t.field({
    type: AllDeadLettersPayload,
    description: 'Delivers dead letters to their consumers again, however many there are.',
    args: { input: t.arg({ type: AllDeadLettersInput, required: true }) },
    needs: checked('settleAllDeadLetters'),
    resolve: (_, { input }, context) =>
      settleAllDeadLetters(context, 'requeue', input, tellingEnd(context, 'requeueAllDeadLetters')),
  }),
  deleteAllDeadLetters: t.field({
    type: AllDeadLettersPayload,
    description: 'Deletes dead letters for good, however many there are.',
    args: { input: t.arg({ type: AllDeadLettersInput, required: true }) },
    needs: checked('settleAllDeadLetters'),
    resolve: (_, { input }, context) =>
      settleAllDeadLetters(context, 'delete', input, tellingEnd(context, 'deleteAllDeadLetters')),
  }),
  cancelDeadLetterJob: t.field({
    type: CancelDeadLetterJobPayload,
    description: 'Ends a job after the transaction that is under way; one that has ended stays as it is.',
    args: { input: t.arg({ type: CancelDeadLetterJobInput, required: true }) },
    needs: checked('cancelDeadLetterJob'),
    resolve: async (_, { input }, context) => ({ job: await cancelDeadLetterJob(context, input) }),
  }),
}))
