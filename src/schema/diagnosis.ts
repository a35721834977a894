import { diagnose } from '../diagnosis/diagnose.ts'
import { type Finding, findingChecks, type severities } from '../diagnosis/finding.ts'
import { type ConsumerRow, findConsumer } from '../resolvers/consumers/consumers.ts'
import { findQueue, type QueueRow } from '../resolvers/queues/queues.ts'
import { databaseArg } from './arguments.ts'
import { builder } from './builder.ts'
import { lookUpCost, rowsCost } from './cost.ts'
import { needs, seen } from './needs.ts'
import { databaseOfArgs } from './places.ts'
import { Consumer, Queue } from './refs.ts'

/** Findings that a database is taken to have. */
const USUAL_FINDINGS = 20

const FindingCheckType = builder.enumType('FindingCheck', {
  description: 'What was looked for.',
  values: findingChecks,
})

const SeverityType = builder.enumType('Severity', {
  values: {
    ERROR: { description: 'Events are not delivered, or will not be.' },
    WARNING: { description: 'It needs a look by somebody.' },
    INFO: { description: 'It may be as it is meant to be.' },
  } satisfies Record<(typeof severities)[number], { description: string }>,
})

const FindingType = builder.objectRef<Finding & { database: string }>('Finding').implement({
  needs: seen,
  description: 'Something that is wrong, or may become so, and what mends it.',
  fields: (t) => ({
    check: t.expose('check', { type: FindingCheckType }),
    severity: t.expose('severity', { type: SeverityType }),
    subject: t.exposeString('subject', { description: 'What it is about, as people call it.' }),
    queue: t.field({
      type: Queue,
      nullable: true,
      complexity: lookUpCost,
      resolve: ({ database, queue }, _, context): Promise<QueueRow | null> | null =>
        queue === null ? null : findQueue(context, database, queue),
    }),
    consumer: t.field({
      type: Consumer,
      nullable: true,
      complexity: lookUpCost,
      resolve: ({ database, queue, consumer }, _, context): Promise<ConsumerRow | null> | null =>
        queue === null || consumer === null
          ? null
          : findConsumer(context, { database, queue, name: consumer }),
    }),
    what: t.exposeString('what'),
    why: t.exposeString('why', { description: 'Why it matters.' }),
    remedy: t.exposeString('remedy'),
    sql: t.exposeString('sql', {
      nullable: true,
      description: 'Statements that mend it, one a line, each to be run by itself.',
    }),
    command: t.exposeString('command', { nullable: true, description: 'Command of a shell that mends it.' }),
  }),
})

builder.queryField('diagnose', (t) =>
  t.field({
    type: [FindingType],
    // Findings tell of sessions and logins, and of all queues.
    needs: needs('manage', databaseOfArgs),
    args: databaseArg(),
    complexity: rowsCost(USUAL_FINDINGS),
    description: 'What is wrong with a database, the worst first. It changes nothing.',
    resolve: async (_, { database: name }, context) => {
      const { database } = context.database(name)
      const live = context.databases().find((each) => each.name === name)
      const findings = await diagnose(database, live?.health().listening ?? false)
      return findings.map((finding) => ({ ...finding, database: name }))
    },
  }),
)
