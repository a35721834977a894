import type { LiveDatabase } from '../database/live-database.ts'
import { listQueues } from '../resolvers/queues/queues.ts'
import type { TickerStatus } from '../ticker/ticker.ts'
import { builder } from './builder.ts'
import { toConnection } from './connection.ts'
import { pageCost, rowsCost } from './cost.ts'
import { decodeCursor } from './cursor.ts'
import { QueueConnection } from './queue.ts'
import { Queue } from './refs.ts'

const EngineType = builder.enumType('Engine', {
  description:
    'What answers the calls of pgq: the PostgreSQL extension, or the SQL engine that comes with this server.',
  values: ['EXTENSION', 'SQL'] as const,
})

const TickerStateType = builder.enumType('TickerState', {
  values: {
    OFF: { value: 'off', description: 'This server runs no ticker for the database.' },
    STARTING: { value: 'starting', description: 'It is connecting.' },
    LEADING: { value: 'leading', description: 'It makes the ticks.' },
    STANDBY: {
      value: 'standby',
      description: 'Another server makes the ticks; this one takes over when that one is gone.',
    },
    STOPPED: { value: 'stopped' },
  } as const,
})

/** A ticker as the API shows it; `off` where there is none. */
type ShownTicker = Omit<TickerStatus, 'state' | 'lastTickAt'> & { state: TickerStatus['state'] | 'off' }

const noTicker: ShownTicker = { state: 'off', foreignTicker: false, lastError: null }

const TickerStatusType = builder.objectRef<ShownTicker>('TickerStatus').implement({
  fields: (t) => ({
    state: t.expose('state', { type: TickerStateType }),
    foreignTicker: t.exposeBoolean('foreignTicker', {
      description: 'Ticks come from another program too, such as pgqd.',
    }),
    lastError: t.exposeString('lastError', {
      nullable: true,
      description: 'What it last failed with; null when it is well.',
    }),
  }),
})

export const Database = builder.objectRef<LiveDatabase>('Database').implement({
  description: 'A PostgreSQL database with PgQ, under the name that this server gives it.',
  fields: (t) => ({
    name: t.exposeString('name'),
    pgqVersion: t.string({ nullable: true, resolve: (database) => database.facts.pgqVersion }),
    pgqCoopVersion: t.string({ nullable: true, resolve: (database) => database.facts.pgqCoopVersion }),
    engine: t.field({ type: EngineType, resolve: (database) => database.facts.engine }),
    postgresVersion: t.string({ resolve: (database) => database.facts.postgresVersion }),
    ticker: t.field({
      type: TickerStatusType,
      resolve: (database) => database.ticker?.status ?? noTicker,
    }),
    queues: t.connection(
      {
        type: Queue,
        complexity: pageCost(),
        resolve: async (database, args, context) => {
          const [after] = decodeCursor(args.after, 'after', 1) ?? []
          const [before] = decodeCursor(args.before, 'before', 1) ?? []
          const page = await listQueues(context, { ...args, database: database.name, after, before })
          return toConnection(page, (queue) => [queue.name])
        },
      },
      QueueConnection,
    ),
  }),
})

builder.queryField('databases', (t) =>
  t.field({
    type: [Database],
    complexity: rowsCost(3),
    description: 'The databases of this server; one is always named "main".',
    resolve: (_, __, context) => context.databases(),
  }),
)
