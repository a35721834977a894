import type { Verb } from '../access/grant.ts'
import type { Caller } from '../caller.ts'
import { databaseArg } from './arguments.ts'
import { builder } from './builder.ts'
import { seen } from './needs.ts'

const VerbType = builder.enumType('GrantVerb', {
  description: 'What a grant lets a caller do.',
  values: {
    STATS: { value: 'stats', description: 'See names, configuration and statistics; no payloads.' },
    READ: { value: 'read', description: 'That, and events: tail, ticks, dead letters, open batches.' },
    PUBLISH: { value: 'publish', description: 'Insert events.' },
    CONSUME: {
      value: 'consume',
      description:
        'Register as a consumer or a member of it, open and settle its batches, and its dead letters.',
    },
    MANAGE: {
      value: 'manage',
      description: 'Configure a queue, its event types, dead letters and consumers, and tick it.',
    },
    ADMIN: { value: 'admin', description: 'Everything.' },
  } satisfies Record<Uppercase<Verb>, { value: Verb; description: string }>,
})

const CallerType = builder.objectRef<Caller>('Caller').implement({
  description: 'Who asks.',
  needs: seen,
  fields: (t) => ({
    name: t.exposeString('name'),
    grants: t.stringList({
      description: 'As VERB:DATABASE/QUEUE/CONSUMER; * is any run of characters.',
      resolve: ({ access }) => [...access.grants],
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the credentials expire; null where they do not. They may be revoked before.',
      resolve: ({ credentials: { expiresAtMs } }) =>
        expiresAtMs <= MAX_TIME_MS ? new Date(expiresAtMs).toISOString() : null,
    }),
    may: t.boolean({
      description:
        'Whether one of these verbs is granted for a database, a queue of it, or a consumer on that; for the whole of it, where the rest is left out.',
      args: {
        verbs: t.arg({ type: [VerbType], required: true }),
        ...databaseArg(),
        queue: t.arg.string(),
        consumer: t.arg.string(),
      },
      resolve: ({ access }, { verbs: wanted, database, queue, consumer }) =>
        access.allows(wanted, { database, queue: queue ?? undefined, consumer: consumer ?? undefined }),
    }),
  }),
})

builder.queryField('me', (t) =>
  t.field({
    type: CallerType,
    needs: seen,
    description: 'Who asks, and what they may: for pages that show only what works.',
    resolve: (_, __, { caller }) => caller,
  }),
)

/** The last time that a date can be (milliseconds since 1970). */
const MAX_TIME_MS = 8.64e15
