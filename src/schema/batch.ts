import { parseInt8 } from '../int8.ts'
import { findBatch } from '../resolvers/batches/batch-grants.ts'
import { listBatchEvents, pageBatchEvents } from '../resolvers/events/events.ts'
import { requireQueue } from '../resolvers/queues/queues.ts'
import { databaseArg } from './arguments.ts'
import { builder } from './builder.ts'
import { eventsCost, lookUpCost } from './cost.ts'
import { Event, EventFilter, EventPage } from './event.ts'
import { decodeKey, encodeKey } from './keys.ts'
import { checked, seen } from './needs.ts'
import { Batch, Queue } from './refs.ts'

builder.node(Batch, {
  description: 'pgq.get_batch_info() and the events. A batch is open while its consumer works on it.',
  // A batch is given to those alone who may read it.
  needs: seen,
  id: { resolve: (batch) => encodeKey(batch.database, batch.batchId) },
  loadOne: async (key, context) => {
    const [database = '', id = ''] = decodeKey(key, 2)
    const batchId = parseInt8(id)
    return batchId === null ? null : findBatch(context, database, batchId)
  },
  brandLoadedObjects: true,
  fields: (t) => ({
    batchId: t.expose('batchId', { type: 'BigInt' }),
    queue: t.field({
      type: Queue,
      complexity: lookUpCost,
      resolve: (batch, _, context) => requireQueue(context, batch.database, batch.queueName),
    }),
    consumerName: t.exposeString('consumerName', {
      description: 'A cooperative member appears as consumer.member.',
    }),
    leaseToken: t.exposeString('leaseToken', {
      nullable: true,
      description: 'Present on a batch that this caller opened; finishBatch and the retries take it.',
    }),
    startTime: t.expose('startTime', { type: 'DateTime' }),
    endTime: t.expose('endTime', { type: 'DateTime' }),
    prevTickId: t.expose('prevTickId', { type: 'BigInt' }),
    tickId: t.expose('tickId', { type: 'BigInt' }),
    lagSeconds: t.exposeFloat('lagSeconds', { description: 'Age of its closing tick.' }),
    seqStart: t.expose('seqStart', { type: 'BigInt' }),
    seqEnd: t.expose('seqEnd', { type: 'BigInt' }),
    eventPage: t.field({
      type: EventPage,
      description:
        "Pages by event id; a page holds at most the server's limit (default 10,000), or a little more where the last events share an id. It is shorter where the events are large (16 MiB): go on while hasNextPage.",
      args: { first: t.arg.int(), after: t.arg({ type: 'BigInt' }), filter: t.arg({ type: EventFilter }) },
      complexity: ({ first }) => eventsCost(first),
      resolve: (batch, args, context) => pageBatchEvents(context, batch, args),
    }),
    events: t.field({
      type: [Event],
      description:
        "All events by id, or an error BATCH_TOO_LARGE past the server's limits (default 10,000 and 16 MiB).",
      args: { filter: t.arg({ type: EventFilter }) },
      complexity: eventsCost(),
      resolve: (batch, args, context) => listBatchEvents(context, batch, args.filter),
    }),
  }),
})

builder.queryField('batch', (t) =>
  t.field({
    type: Batch,
    nullable: true,
    description: 'An open batch.',
    args: { ...databaseArg(), id: t.arg({ type: 'BigInt', required: true }) },
    needs: checked('findBatch'),
    resolve: (_, args, context) => findBatch(context, args.database, args.id),
  }),
)
