import { MAX_HISTORY_SECONDS } from '../pubsub/stats/consumer-history.ts'
import { progressOf } from '../resolvers/consumers/consumer-progress.ts'
import {
  type ConsumerRow,
  currentBatch,
  findConsumer,
  listConsumers,
  membersOf,
} from '../resolvers/consumers/consumers.ts'
import { requireQueue } from '../resolvers/queues/queues.ts'
import { requireRange } from '../resolvers/range.ts'
import { databaseArg } from './arguments.ts'
import { builder } from './builder.ts'
import { toConnection } from './connection.ts'
import { ConsumerSampleType } from './consumer-sample.ts'
import { lookUpCost, pageCost, rowsCost, samplesCost } from './cost.ts'
import { decodeCursor } from './cursor.ts'
import { decodeKey, encodeKey } from './keys.ts'
import { checked, needs, seen } from './needs.ts'
import { placeOfConsumer } from './places.ts'
import { Batch, Consumer, Queue } from './refs.ts'

builder.node(Consumer, {
  description: 'A row of pgq.get_consumer_info(). A cooperative member appears under its main consumer.',
  needs: needs('stats', placeOfConsumer),
  id: { resolve: (consumer) => encodeKey(consumer.database, consumer.queueName, consumer.name) },
  loadOne: async (key, context) => {
    const [database = '', queue = '', name = ''] = decodeKey(key, 3)
    return findConsumer(context, { database, queue, name })
  },
  brandLoadedObjects: true,
  fields: (t) => ({
    name: t.exposeString('name'),
    queue: t.field({
      type: Queue,
      needs: seen,
      complexity: lookUpCost,
      resolve: (consumer, _, context) => requireQueue(context, consumer.database, consumer.queueName),
    }),
    connected: t.boolean({
      description:
        'A stream of some server has it now. One that opens its batches by nextBatch, or without this API, is never connected.',
      complexity: lookUpCost,
      resolve: async (consumer, _, context) => (await progressOf(context, consumer)).connected,
    }),
    oldestPendingSeconds: t.float({
      nullable: true,
      description:
        'How far it is behind: the age of the oldest event that it has not finished, to within the wait for a tick. Null when there is none. Events in the retry queue do not count.',
      complexity: lookUpCost,
      resolve: async (consumer, _, context) => (await progressOf(context, consumer)).oldestPendingSeconds,
    }),
    openBatchSeconds: t.float({
      nullable: true,
      description:
        'How long it has had its batch open; the longest of its members, where it is cooperative. Null without a batch.',
      complexity: lookUpCost,
      resolve: async (consumer, _, context) => (await progressOf(context, consumer)).openBatchSeconds,
    }),
    history: t.field({
      type: [ConsumerSampleType],
      args: { seconds: t.arg.int({ defaultValue: 3600, required: true }) },
      complexity: () => samplesCost(240),
      description:
        'Samples that this server took in the last hour, every 15 s while it ran, oldest first; of the first 5,000 consumers of a database.',
      resolve(consumer, { seconds }, context) {
        requireRange('seconds', seconds, MAX_HISTORY_SECONDS)
        return context.database(consumer.database).live.consumerHistory.of(consumer, seconds)
      },
    }),
    catchUpSeconds: t.float({
      nullable: true,
      description:
        'How long it will take to finish what is pending, if that goes on shrinking as in the last two minutes. Null where nothing is pending, where it does not shrink, and until there are two samples.',
      resolve: (consumer, _, context) =>
        context.database(consumer.database).live.consumerHistory.catchUpSeconds(consumer),
    }),
    lagSeconds: t.exposeFloat('lagSeconds', {
      description:
        "PgQ's lag: the age of the tick up to which it has finished. It grows on an idle queue too; oldestPendingSeconds tells whether anything waits.",
    }),
    lastSeenSeconds: t.exposeFloat('lastSeenSeconds', {
      description:
        "PgQ's last_seen: since it last opened or finished a batch. It grows while there is none to open; connected tells whether somebody is there.",
    }),
    lastTick: t.expose('lastTick', {
      type: 'BigInt',
      nullable: true,
      description: 'Its position in the log.',
    }),
    nextTick: t.expose('nextTick', {
      type: 'BigInt',
      nullable: true,
      description: 'End of the batch that it has open.',
    }),
    pendingEvents: t.expose('pendingEvents', {
      type: 'BigInt',
      nullable: true,
      description: 'Events from its position to the newest tick, by the sequence: approximate.',
    }),
    currentBatch: t.field({
      type: Batch,
      needs: needs(['read', 'consume'], placeOfConsumer),
      complexity: lookUpCost,
      nullable: true,
      resolve: (consumer, _, context) => currentBatch(context, consumer),
    }),
    cooperative: t.boolean({
      complexity: lookUpCost,
      description: 'It is read through members that share its position.',
      resolve: async (consumer, _, context) =>
        (await context.database(consumer.database).load(membersOf, consumer)).length > 0,
    }),
    subconsumers: t.field({
      type: [Subconsumer],
      complexity: rowsCost(3),
      resolve: (consumer, _, context) => context.database(consumer.database).load(membersOf, consumer),
    }),
  }),
})

export const Subconsumer = builder.objectRef<ConsumerRow>('Subconsumer').implement({
  description: 'A member of a cooperative consumer.',
  needs: needs('stats', placeOfConsumer),
  fields: (t) => ({
    name: t.string({ resolve: (member) => member.name.slice((member.mainName?.length ?? -1) + 1) }),
    fullName: t.exposeString('name', { description: 'As PgQ stores it: consumer.member.' }),
    activeSeconds: t.exposeFloat('lastSeenSeconds', { description: 'Since something was heard of it.' }),
    currentBatch: t.field({
      type: Batch,
      needs: needs(['read', 'consume'], placeOfConsumer),
      complexity: lookUpCost,
      nullable: true,
      resolve: (member, _, context) => currentBatch(context, member),
    }),
  }),
})

export const ConsumerConnection = builder.connectionObject(
  { type: Consumer, name: 'ConsumerConnection' },
  { name: 'ConsumerEdge' },
)

builder.queryFields((t) => ({
  consumers: t.connection(
    {
      type: Consumer,
      args: { ...databaseArg(), queue: t.arg.string() },
      needs: checked('listConsumers'),
      complexity: pageCost(),
      resolve: async (_, args, context) => {
        const [afterQueue, afterConsumer] = decodeCursor(args.after, 'after', 2) ?? []
        const [beforeQueue, beforeConsumer] = decodeCursor(args.before, 'before', 2) ?? []
        const page = await listConsumers(context, {
          ...args,
          after: afterQueue === undefined ? null : { queue: afterQueue, consumer: afterConsumer ?? '' },
          before: beforeQueue === undefined ? null : { queue: beforeQueue, consumer: beforeConsumer ?? '' },
        })
        return toConnection(page, (row) => [row.queueName, row.name])
      },
    },
    ConsumerConnection,
  ),
  consumer: t.field({
    type: Consumer,
    nullable: true,
    args: {
      ...databaseArg(),
      queue: t.arg.string({ required: true }),
      name: t.arg.string({ required: true }),
    },
    needs: checked('findConsumer'),
    resolve: (_, args, context) => findConsumer(context, args),
  }),
}))
