import { listConsumersOfQueue } from '../resolvers/consumers/consumers.ts'
import { findBlockingConsumer, findRotationBlocker } from '../resolvers/consumers/rotation-blocker.ts'
import { deadLetterCount } from '../resolvers/dead-letters/dead-letters.ts'
import { requireCursor } from '../resolvers/grants.ts'
import { measureEventTables } from '../resolvers/queues/event-table-sizes.ts'
import { queueHistory } from '../resolvers/queues/queue-history.ts'
import { findQueue, listQueues, type QueueRow, retryCount } from '../resolvers/queues/queues.ts'
import { listTicks } from '../resolvers/ticks/ticks.ts'
import { databaseArg } from './arguments.ts'
import { builder } from './builder.ts'
import { toConnection } from './connection.ts'
import { ConsumerConnection } from './consumer.ts'
import { lookUpCost, pageCost, samplesCost } from './cost.ts'
import { decodeCursor, decodeInt8Cursor } from './cursor.ts'
import { decodeKey, encodeKey } from './keys.ts'
import { checked, needs, seen } from './needs.ts'
import { placeOfQueue } from './places.ts'
import { QueueSampleType } from './queue-sample.ts'
import { Consumer, Queue, Tick } from './refs.ts'
import { RotationBlockerType } from './rotation-blocker.ts'

/** Consumers that a queue is taken to have where a client leaves the number to the server. */
const USUAL_CONSUMERS = 10

builder.node(Queue, {
  description: 'A row of pgq.get_queue_info(). Durations are seconds.',
  needs: needs('stats', placeOfQueue),
  id: { needs: seen, resolve: (queue) => encodeKey(queue.database, queue.name) },
  loadOne: async (key, context) => {
    const [database = '', name = ''] = decodeKey(key, 2)
    return findQueue(context, database, name)
  },
  brandLoadedObjects: true,
  fields: (t) => ({
    name: t.exposeString('name', { needs: seen }),
    database: t.exposeString('database', { needs: seen }),
    tableCount: t.exposeInt('tableCount', { description: 'Event tables that take turns.' }),
    currentTable: t.exposeInt('currentTable', { description: 'Index of the one that receives events.' }),
    currentEventTable: t.exposeString('currentEventTable'),
    rotationPeriodSeconds: t.exposeFloat('rotationPeriodSeconds', {
      description: 'Least time between rotations.',
    }),
    switchTime: t.expose('switchTime', { type: 'DateTime', description: 'When the tables last rotated.' }),
    externalTicker: t.exposeBoolean('externalTicker'),
    tickerPaused: t.exposeBoolean('tickerPaused'),
    tickerMaxCount: t.exposeInt('tickerMaxCount', { description: 'A tick is due after this many events,' }),
    tickerMaxLagSeconds: t.exposeFloat('tickerMaxLagSeconds', {
      description: 'or when an event has waited this long,',
    }),
    tickerIdlePeriodSeconds: t.exposeFloat('tickerIdlePeriodSeconds', {
      description: 'or at the latest after this, on a queue without events.',
    }),
    tickerLagSeconds: t.exposeFloat('tickerLagSeconds', {
      nullable: true,
      description: 'Age of the newest tick; null before the first.',
    }),
    tickOverdueSeconds: t.exposeFloat('tickOverdueSeconds', {
      nullable: true,
      description:
        'For how long a tick has been overdue, with or without events, because nobody makes it; null when none is, on a paused queue and on one that is ticked from outside.',
    }),
    currentEventsPerSecond: t.exposeFloat('currentEventsPerSecond', {
      description:
        'Events per second over the last five seconds or 20 ticks, to this moment, by the ticks and the sequence. It is 0 a few seconds after the last event; where nobody ticks, it falls more slowly.',
    }),
    eventsPerSecond: t.exposeFloat('eventsPerSecond', {
      nullable: true,
      description:
        "PgQ's ev_per_sec: the average between the newest tick and one up to 20 ticks before it; null while there are too few. It does not change while no tick is made; currentEventsPerSecond does.",
    }),
    newEvents: t.expose('newEvents', {
      type: 'BigInt',
      nullable: true,
      description: 'Events since the newest tick, by the sequence: it counts rolled-back ones too.',
    }),
    lastTickId: t.field({
      type: 'BigInt',
      nullable: true,
      needs: checked('requireCursor'),
      resolve: (queue, _args, { caller }) => {
        requireCursor(caller, { database: queue.database, queue: queue.name })
        return queue.lastTickId
      },
    }),
    consumers: t.connection(
      {
        type: Consumer,
        needs: checked('listConsumersOfQueue'),
        complexity: pageCost(USUAL_CONSUMERS),
        resolve: async (queue, args, context) => {
          const [after] = decodeCursor(args.after, 'after', 2)?.slice(1) ?? []
          const [before] = decodeCursor(args.before, 'before', 2)?.slice(1) ?? []
          const page = await listConsumersOfQueue(context, queue, { ...args, after, before })
          return toConnection(page, (row) => [row.queueName, row.name])
        },
      },
      ConsumerConnection,
    ),
    ticks: t.connection(
      {
        type: Tick,
        description: 'The ticks that are still in the log, oldest first.',
        needs: needs<QueueRow, unknown>('read', placeOfQueue),
        complexity: pageCost(),
        resolve: async (queue, args, context) => {
          const page = await listTicks(context, queue, {
            ...args,
            after: decodeInt8Cursor(args.after, 'after'),
            before: decodeInt8Cursor(args.before, 'before'),
          })
          return toConnection(page, (tick) => [tick.tickId])
        },
      },
      { name: 'TickConnection' },
      { name: 'TickEdge' },
    ),
    retryCount: t.field({
      type: 'BigInt',
      description: 'Events in the retry queue.',
      complexity: lookUpCost,
      resolve: (queue, _, context) => context.database(queue.database).load(retryCount, queue.queueId),
    }),
    deadLetterCount: t.field({
      type: 'BigInt',
      complexity: lookUpCost,
      resolve: (queue, _, context) => context.database(queue.database).load(deadLetterCount, queue.name),
    }),
    rotationBlockedBy: t.field({
      type: Consumer,
      nullable: true,
      complexity: lookUpCost,
      description: 'Who keeps the oldest event table from rotating although it is due, if anyone.',
      resolve: (queue, _, context) => findBlockingConsumer(context, queue),
    }),
    rotationBlocker: t.field({
      type: RotationBlockerType,
      nullable: true,
      complexity: lookUpCost,
      description:
        'Why the oldest event table is not emptied although that is due; null where nothing is wrong.',
      resolve: (queue, _, context) => findRotationBlocker(context, queue),
    }),
    eventTableBytes: t.field({
      type: 'BigInt',
      complexity: lookUpCost,
      description: 'What its event tables take on disk, indexes and large values included.',
      resolve: async (queue, _, context) =>
        (await measureEventTables(context.database(queue.database), queue.queueId)).bytes,
    }),
    history: t.field({
      type: [QueueSampleType],
      args: {
        seconds: t.arg.int({ defaultValue: 3600, required: true }),
        points: t.arg.int({
          defaultValue: 120,
          required: true,
          description: 'Into how many spans of at least a second it is cut, up to 240.',
        }),
      },
      complexity: ({ points }) => samplesCost(points),
      description:
        'Events and ticks over time up to now, oldest first, from the ticks themselves: as far back as the log goes, whichever server is asked.',
      resolve: (queue, input, context) => queueHistory(context, queue, input),
    }),
  }),
})

export const QueueConnection = builder.connectionObject(
  { type: Queue, name: 'QueueConnection' },
  { name: 'QueueEdge' },
)

builder.queryFields((t) => ({
  queues: t.connection(
    {
      type: Queue,
      args: {
        ...databaseArg(),
        nameLike: t.arg.string({ description: 'An SQL LIKE pattern: % is any text, _ any character.' }),
      },
      needs: checked('listQueues'),
      complexity: pageCost(),
      resolve: async (_, args, context) => {
        const [after] = decodeCursor(args.after, 'after', 1) ?? []
        const [before] = decodeCursor(args.before, 'before', 1) ?? []
        return toConnection(await listQueues(context, { ...args, after, before }), (queue) => [queue.name])
      },
    },
    QueueConnection,
  ),
  queue: t.field({
    type: Queue,
    nullable: true,
    args: { ...databaseArg(), name: t.arg.string({ required: true }) },
    needs: checked('findQueue'),
    resolve: (_, args, context) => findQueue(context, args.database, args.name),
  }),
}))
