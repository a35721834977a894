import type { MoverSource, MoverStatus } from '../mover/mover.ts'
import type { SourceState } from '../mover/source-mover.ts'
import { isSourceVisible, requireMover, visibleMovers } from '../mover/visible-movers.ts'
import { databaseField } from './arguments.ts'
import { builder } from './builder.ts'
import type { SchemaContext } from './context.ts'
import { rowsCost } from './cost.ts'
import { checked, needs, seen } from './needs.ts'

const MoverSourceState = builder.enumType('MoverSourceState', {
  description: 'What a mover does with one of its sources.',
  values: {
    WAITING: {
      value: 'waiting',
      description: 'It waits for events, or another server of the mover has the source.',
    },
    MOVING: { value: 'moving' },
    PAUSED: { value: 'paused', description: 'Until resumeMover.' },
    RETRYING: { value: 'retrying', description: 'Something fails, which reason tells; it tries again.' },
    STOPPED: {
      value: 'stopped',
      description:
        'What is in the target and what the source has do not fit, as reason tells; until resetMover.',
    },
  } satisfies Record<Uppercase<SourceState>, { value: SourceState; description?: string }>,
})

const MoverSourceType = builder.objectRef<MoverSource>('MoverSource').implement({
  needs: seen,
  description: 'A queue whose events a mover brings elsewhere.',
  fields: (t) => ({
    database: t.exposeString('database'),
    queue: t.exposeString('queue'),
    state: t.expose('state', { type: MoverSourceState, description: 'As this server sees it.' }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why it is stopped, or what it last failed with; null when it is well.',
    }),
    lagSeconds: t.exposeFloat('lagSeconds', {
      nullable: true,
      description: 'How long ago its consumer last finished a tick; null where the source does not say.',
    }),
    pendingEvents: t.expose('pendingEvents', { type: 'BigInt', nullable: true }),
    eventsMoved: t.expose('eventsMoved', {
      type: 'BigInt',
      description: 'Since the last reset, by all servers.',
    }),
    movedAt: t.expose('movedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last moved an event.',
    }),
    lastTickId: t.expose('lastTickId', {
      type: 'BigInt',
      nullable: true,
      description: 'The last tick of the source whose events are all in the target.',
    }),
  }),
})

export const Mover = builder.objectRef<MoverStatus>('Mover').implement({
  needs: seen,
  description:
    'Brings the events of a queue in many databases into one database, each of them once, or to NATS JetStream.',
  fields: (t) => ({
    name: t.string({ resolve: ({ plan }) => plan.name }),
    database: t.string({
      description: 'Where the events go; with a subject, where the records of the mover are.',
      resolve: ({ plan }) => plan.target,
    }),
    queue: t.string({
      nullable: true,
      description: 'The queue that all go into; null where queueBy says which, and with a subject.',
      resolve: ({ plan: { route } }) => ('queue' in route ? route.queue : null),
    }),
    queueBy: t.string({
      nullable: true,
      description: 'The column of an event that names the queue it goes into.',
      resolve: ({ plan: { route } }) => ('by' in route ? route.by : null),
    }),
    subject: t.string({
      nullable: true,
      description: 'The subject of NATS JetStream that they are published to, with its placeholders.',
      resolve: ({ plan: { route } }) => ('nats' in route ? route.nats.subject.text : null),
    }),
    consumer: t.string({ description: 'Its consumer on the sources.', resolve: ({ plan }) => plan.consumer }),
    paused: t.boolean({ resolve: ({ isPaused }) => isPaused }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'What is wrong with the target; null when nothing is known to be.',
    }),
    sources: t.field({
      type: [MoverSourceType],
      needs: checked('isSourceVisible'),
      complexity: rowsCost(100),
      description: 'Those that you may see the statistics of.',
      resolve: ({ plan, sources }, _, { caller }) =>
        sources.filter(({ database }) => isSourceVisible(caller, plan, database)),
    }),
  }),
})

builder.queryField('movers', (t) =>
  t.field({
    type: [Mover],
    needs: checked('visibleMovers'),
    complexity: rowsCost(10),
    description: 'The movers of this server into what you may see the statistics of.',
    resolve: async (_, __, { caller, movers }) => visibleMovers(caller, (await movers?.statuses()) ?? []),
  }),
)

const MoverInput = builder.inputType('MoverInput', {
  fields: (t) => ({ database: databaseField(t), mover: t.string({ required: true }) }),
})

const MoverPayload = builder.objectRef<{ changed: boolean; mover: MoverStatus }>('MoverPayload').implement({
  needs: seen,
  fields: (t) => ({
    changed: t.exposeBoolean('changed', { description: 'False when it was so already.' }),
    mover: t.expose('mover', { type: Mover }),
  }),
})

const ResetMoverInput = builder.inputType('ResetMoverInput', {
  fields: (t) => ({
    database: databaseField(t),
    mover: t.string({ required: true }),
    source: t.string({
      description: 'The database of a source, stopped or not. By default all sources that are stopped.',
    }),
  }),
})

const ResetMoverPayload = builder
  .objectRef<{ sources: string[]; mover: MoverStatus }>('ResetMoverPayload')
  .implement({
    needs: seen,
    fields: (t) => ({
      sources: t.stringList({
        description: 'The databases of the sources that were reset.',
        needs: checked('isSourceVisible'),
        resolve: ({ sources, mover }, _, { caller }) =>
          sources.filter((database) => isSourceVisible(caller, mover.plan, database)),
      }),
      mover: t.expose('mover', { type: Mover }),
    }),
  })

const inTarget = needs('admin', (_: unknown, { input }: { input: { database: string } }) => ({
  database: input.database,
}))

async function pause(
  { movers }: SchemaContext,
  input: { database: string; mover: string },
  isPaused: boolean,
) {
  const mover = requireMover(movers, input.database, input.mover)
  return { changed: await mover.pause(isPaused), mover: await mover.status() }
}

builder.mutationFields((t) => ({
  pauseMover: t.field({
    type: MoverPayload,
    needs: inTarget,
    description: 'Has a mover into this database stand still, on every server, until resumeMover.',
    args: { input: t.arg({ type: MoverInput, required: true }) },
    resolve: (_, { input }, context) => pause(context, input, true),
  }),
  resumeMover: t.field({
    type: MoverPayload,
    needs: inTarget,
    args: { input: t.arg({ type: MoverInput, required: true }) },
    resolve: (_, { input }, context) => pause(context, input, false),
  }),
  resetMover: t.field({
    type: ResetMoverPayload,
    needs: inTarget,
    description:
      'Has sources of a mover into this database go on from where their consumers are. Events may be missing in the target then, or come twice.',
    args: { input: t.arg({ type: ResetMoverInput, required: true }) },
    resolve: async (_, { input: { database, mover: name, source } }, { movers }) => {
      const mover = requireMover(movers, database, name)
      return { sources: await mover.reset(source ?? null), mover: await mover.status() }
    },
  }),
}))
