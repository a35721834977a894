import {
  type DeadLetterGroup as DeadLetterGroupRow,
  type DeadLetterGroups as DeadLetterGroupsRow,
  groupDeadLetters,
} from '../resolvers/dead-letters/dead-letter-groups.ts'
import { databaseArg } from './arguments.ts'
import { builder } from './builder.ts'
import { rowsCost } from './cost.ts'
import { DeadLetterFilter } from './dead-letter-filter.ts'
import { checked, seen } from './needs.ts'

const DeadLetterGroup = builder.objectRef<DeadLetterGroupRow>('DeadLetterGroup').implement({
  needs: seen,
  description: 'Dead letters of one consumer, of one type, that failed for the same reason.',
  fields: (t) => ({
    queueName: t.exposeString('queueName'),
    consumerName: t.exposeString('consumerName'),
    reason: t.exposeString('reason', {
      description:
        'The reason in short, as filters take it: words with digits, such as numbers and UUIDs, are #, and it has at most 200 characters. Empty where there was none.',
    }),
    type: t.exposeString('type', { nullable: true }),
    count: t.expose('count', { type: 'BigInt' }),
    oldest: t.expose('oldest', { type: 'DateTime', description: 'When the first of them failed.' }),
    newest: t.expose('newest', { type: 'DateTime' }),
  }),
})

const DeadLetterGroups = builder.objectRef<DeadLetterGroupsRow>('DeadLetterGroups').implement({
  needs: seen,
  fields: (t) => ({
    groups: t.expose('groups', { type: [DeadLetterGroup], description: 'The 100 largest, largest first.' }),
    others: t.expose('others', { type: 'BigInt', description: 'Number of dead letters in smaller groups.' }),
    total: t.expose('total', { type: 'BigInt' }),
  }),
})

builder.queryField('deadLetterGroups', (t) =>
  t.field({
    type: DeadLetterGroups,
    description: 'Dead letters by queue, consumer, reason and type.',
    complexity: rowsCost(100),
    args: {
      ...databaseArg(),
      queue: t.arg.string(),
      consumer: t.arg.string(),
      filter: t.arg({ type: DeadLetterFilter }),
    },
    needs: checked('groupDeadLetters'),
    resolve: (_, args, context) => groupDeadLetters(context, args),
  }),
)
