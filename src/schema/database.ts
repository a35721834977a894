import type { LiveDatabase } from '../database/live-database.ts'
import { listQueues } from '../resolvers/queues/queues.ts'
import { ticking, tickMaker } from '../resolvers/ticks/who-ticks.ts'
import type { TickerStatus } from '../ticker/ticker.ts'
import { builder } from './builder.ts'
import { toConnection } from './connection.ts'
import { pageCost, rowsCost, statementCost } from './cost.ts'
import { decodeCursor } from './cursor.ts'
import { checked, needs, seen } from './needs.ts'
import { QueueConnection } from './queue.ts'
import { Queue } from './refs.ts'

const EngineType = builder.enumType('Engine', {
  description:
    'What answers the calls of pgq: the PostgreSQL extension, or the SQL engine that comes with this server.',
  values: ['EXTENSION', 'SQL'] as const,
})

/** Which PgQ to install, as an input has it. */
export const EngineChoiceType = builder.enumType('EngineChoice', {
  description: 'Which PgQ to install where a database has none.',
  values: {
    AUTO: { value: 'auto', description: 'The extension where the server offers it, else the SQL engine.' },
    EXTENSION: { value: 'extension' },
    SQL: { value: 'sql' },
  } as const,
})

const TickerStateType = builder.enumType('TickerState', {
  description: "What this server's own ticker does. Whether ticks are made, and by whom, is madeBy.",
  values: {
    OFF: { value: 'off', description: 'This server runs no ticker for the database.' },
    STARTING: { value: 'starting', description: 'It is connecting.' },
    LEADING: { value: 'leading', description: 'It has the lead, so the ticks are its work.' },
    STANDBY: {
      value: 'standby',
      description: 'Another server has the lead; this one takes over when that one is gone.',
    },
    STOPPED: { value: 'stopped' },
  } as const,
})

const TickMakerType = builder.enumType('TickMaker', {
  description: 'Who makes the ticks of a database.',
  values: {
    THIS_SERVER: { value: 'thisServer', description: 'The one that answers.' },
    ANOTHER_SERVER: { value: 'anotherServer', description: 'Another server, or a ticker of this project.' },
    ANOTHER_PROGRAM: { value: 'anotherProgram', description: 'pgqd, or a program like it.' },
    NOBODY: {
      value: 'nobody',
      description:
        'No ticker is connected that this server can see, or the ticks of all queues are overdue whoever is.',
    },
  } as const,
})

/** A ticker as the API shows it; `off` where there is none. */
interface ShownTicker extends Pick<TickerStatus, 'foreignTicker' | 'lastError'> {
  state: TickerStatus['state'] | 'off'
  database: string
}

const noTicker = { state: 'off', foreignTicker: false, lastError: null } as const

const TickerStatusType = builder.objectRef<ShownTicker>('TickerStatus').implement({
  needs: seen,
  fields: (t) => ({
    state: t.expose('state', { type: TickerStateType }),
    madeBy: t.field({
      type: TickMakerType,
      nullable: true,
      description: 'Who makes the ticks, by the sessions of the database and the age of its ticks.',
      complexity: statementCost,
      resolve: async ({ state, database }, _, context) =>
        tickMaker(await context.database(database).load(ticking, 'ticking'), state === 'leading'),
    }),
    overdueQueueCount: t.int({
      nullable: true,
      needs: needs('stats', ({ database }) => ({ database })),
      description: 'How many queues have no tick although one is overdue; see Queue.tickOverdueSeconds.',
      complexity: statementCost,
      resolve: async ({ database }, _, context) =>
        (await context.database(database).load(ticking, 'ticking')).overdueCount,
    }),
    foreignTicker: t.exposeBoolean('foreignTicker', {
      description: 'Ticks come from another program too, such as pgqd. Only a ticker that leads can tell.',
    }),
    lastError: t.exposeString('lastError', {
      nullable: true,
      needs: needs('stats', ({ database }) => ({ database })),
      description: 'What it last failed with; null when it is well.',
    }),
  }),
})

export const Database = builder.objectRef<LiveDatabase>('Database').implement({
  description: 'A PostgreSQL database with PgQ, under the name that this server gives it.',
  needs: seen,
  fields: (t) => ({
    name: t.exposeString('name'),
    pgqVersion: t.string({ nullable: true, resolve: (database) => database.facts.pgqVersion }),
    pgqCoopVersion: t.string({ nullable: true, resolve: (database) => database.facts.pgqCoopVersion }),
    engine: t.field({ type: EngineType, resolve: (database) => database.facts.engine }),
    postgresVersion: t.string({ resolve: (database) => database.facts.postgresVersion }),
    ticker: t.field({
      type: TickerStatusType,
      resolve: (database) => ({ ...(database.ticker?.status ?? noTicker), database: database.name }),
    }),
    queues: t.connection(
      {
        type: Queue,
        needs: checked('listQueues'),
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
    needs: checked('context.databases'),
    complexity: rowsCost(3),
    description:
      'The databases of this server. A `database` argument defaults to the one named "main", if there is one.',
    resolve: (_, __, context) => context.databases(),
  }),
)
