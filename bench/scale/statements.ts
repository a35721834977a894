import { randomUUID } from 'node:crypto'
import { anybody } from '../../src/caller.ts'
import { defaultLimits } from '../../src/defaults.ts'
import { Memory } from '../../src/memory/memory.ts'
import { finishBatch } from '../../src/resolvers/batches/finish-batch.ts'
import {
  claimStream,
  findDeadGateways,
  findHeldLeases,
  findSilentMembers,
  releaseOrphans,
  releaseStreams,
  touchBatch,
  touchLeases,
} from '../../src/resolvers/batches/leases.ts'
import { batchById, nextValues, openBatch, openCoopBatch } from '../../src/resolvers/batches/open-batch.ts'
import { retryBatch, retryEvent } from '../../src/resolvers/batches/retries.ts'
import { settlement } from '../../src/resolvers/batches/settle.ts'
import { stageSettlement } from '../../src/resolvers/batches/stage-settlement.ts'
import { progressOf } from '../../src/resolvers/consumers/consumer-progress.ts'
import {
  consumersOfQueue,
  findAllConsumers,
  findConsumer,
  listConsumers,
  registerConsumer,
  unregisterConsumer,
} from '../../src/resolvers/consumers/consumers.ts'
import { registerSubconsumer, unregisterSubconsumer } from '../../src/resolvers/consumers/members.ts'
import { blockerOf } from '../../src/resolvers/consumers/rotation-blocker.ts'
import type { Context } from '../../src/resolvers/context.ts'
import { DatabaseState } from '../../src/resolvers/database-state.ts'
import { DatabaseView } from '../../src/resolvers/database-view.ts'
import {
  deadLetterById,
  deadLetterCount,
  deleteDeadLetters,
  failEvent,
  listDeadLetters,
  requeueDeadLetters,
} from '../../src/resolvers/dead-letters/dead-letters.ts'
import {
  findEventType,
  listEventTypes,
  registerEventType,
  removeEventType,
} from '../../src/resolvers/event-types/event-types.ts'
import { insertEvents } from '../../src/resolvers/publishing/publishing.ts'
import {
  createQueue,
  dropQueue,
  findAllQueues,
  listQueues,
  queueByName,
  retryCount,
  setQueueConfig,
} from '../../src/resolvers/queues/queues.ts'
import { RequestBudget } from '../../src/resolvers/request-budget.ts'
import {
  findNewestTicks,
  findNextTicks,
  listTicks,
  readTickLog,
  tickById,
} from '../../src/resolvers/ticks/ticks.ts'
import { findTicking } from '../../src/resolvers/ticks/who-ticks.ts'
import type { ExplainingDatabase } from './explaining-database.ts'
import type { World } from './world.ts'

/** How often a gateway sends statements: for each batch or its heartbeat, by its loops, for a list that is shown, or on demand. */
export type Occasion = 'batch' | 'loop' | 'list' | 'change'

/** Statements that are measured together. */
export interface Measured {
  occasion: Occasion
  /** Sends them over the database. */
  send: (asked: Asked) => Promise<unknown>
}

/** What statements are sent with. */
export interface Asked {
  world: World
  database: ExplainingDatabase
  view: DatabaseView
  context: Context
}

export function asked(world: World, database: ExplainingDatabase): Asked {
  const view = new DatabaseView(database, new DatabaseState(database, new Memory(), () => {}), anybody.sight)
  const limits = { ...defaultLimits, maxPageSize: 1_000 }
  return {
    world,
    database,
    view,
    context: {
      caller: anybody,
      limits,
      get budget() {
        return new RequestBudget(limits)
      },
      database: () => view,
    },
  }
}

/** A statement that is no resolver's. */
const sql = (
  occasion: Occasion,
  name: string,
  text: string,
  valuesOf: (world: World) => unknown[] = () => [],
): Measured => ({
  occasion,
  send: ({ database, world }) => database.ask({ name, text }, valuesOf(world)),
})

const DATABASE = 'main'

const finishing = settlement(
  'reader',
  'finish-batch',
  'pgq_gateway.finish_batch($1, $2, $3, $4, $5, $6, $7)',
  7,
)

const batches: Measured['send'][] = [
  ({ database, world: { queue, consumer } }) => claimStream(database, { queue, consumer }, randomUUID()),
  ({ database, world: { queue, consumer } }) =>
    openBatch(database, { database: DATABASE, queue, consumer, minCount: 1 }, null),
  ({ database, world: { queue, member } }) =>
    openCoopBatch(
      database,
      { database: DATABASE, queue, consumer: 'team', subconsumer: member, deadIntervalSeconds: 3_600 },
      null,
    ),
  ({ database, world: { queue, consumer, batch } }) =>
    database.call(finishing.withNext, [
      ...[batch.batchId, batch.token, database.gatewayId, [], [], [], []],
      ...nextValues(database, { database: DATABASE, queue, consumer }, null),
    ]),
  ({ context, world: { batch } }) =>
    finishBatch(context, { database: DATABASE, batchId: batch.batchId, leaseToken: batch.token }),
  ({ database, world: { memberBatch } }) =>
    database.call({ ...finishing.alone, name: 'finish-batch of a member' }, [
      ...[memberBatch.batchId, memberBatch.token, database.gatewayId, [], [], [], []],
    ]),
  async ({ context, view, world: { queue, batch } }) => {
    await view.state.types.load(queue)
    await finishBatch(context, {
      database: DATABASE,
      batchId: batch.batchId,
      leaseToken: batch.token,
      publish: [{ queue, type: 't', data: '{}' }],
    })
  },
  async ({ context, view, world: { batch, queue, eventIds } }) => {
    await view.state.types.load(queue)
    const held = { database: DATABASE, batchId: batch.batchId, leaseToken: batch.token }
    const failures = [{ eventId: eventIds[0] ?? '', reason: 'why' }]
    await stageSettlement(context, { ...held, part: 1, failures })
    await stageSettlement(context, { ...held, part: 2, publish: [{ queue, type: 't', data: '{}' }] })
    await finishBatch(context, { ...held, stagedParts: [1, 2] })
  },
  ({ context, world: { batch, eventIds } }) =>
    retryEvent(context, {
      database: DATABASE,
      batchId: batch.batchId,
      leaseToken: batch.token,
      eventId: eventIds[0] ?? '',
      afterSeconds: 1,
    }),
  ({ context, world: { batch, eventIds } }) =>
    failEvent(context, {
      database: DATABASE,
      batchId: batch.batchId,
      leaseToken: batch.token,
      eventId: eventIds[1] ?? '',
    }),
  ({ context, world: { batch } }) =>
    retryBatch(context, {
      database: DATABASE,
      batchId: batch.batchId,
      leaseToken: batch.token,
      afterSeconds: 1,
    }),
  ({ context, world: { batch } }) =>
    touchBatch(context, { database: DATABASE, batchId: batch.batchId, leaseToken: batch.token }),
  ({ database, world: { batch, memberBatch } }) => touchLeases(database, [batch.token, memberBatch.token]),
  ({ database, world: { batch, memberBatch } }) => findHeldLeases(database, [batch.token, memberBatch.token]),
  ({ database, world: { streamId } }) => releaseStreams(database, [streamId]),
  ({ database, world: { streamId } }) => releaseOrphans(database, [streamId]),
  ({ database, world: { gateway } }) => findDeadGateways(database, [gateway]),
  ({ database, world: { queue } }) => findSilentMembers(database, [{ queue, consumer: 'team' }]),
  ({ view, world: { batch } }) => view.load(batchById, batch.batchId),
  async ({ context, view, world: { queue } }) => {
    await view.state.types.load(queue)
    await insertEvents(context, { database: DATABASE, queue, events: [{ type: 't', data: '{}' }] })
  },
]

const perBatch: Measured[] = [
  ...batches.map((send): Measured => ({ occasion: 'batch', send })),
  sql(
    'batch',
    'next_coop_batches',
    `select * from pgq_gateway.next_coop_batches($1, 'team', $2, null, null, null, '1 h', array[null::uuid], null)`,
    ({ queue, member }) => [queue, [member]],
  ),
  sql(
    'batch',
    'batch_events',
    `select * from pgq_gateway.batch_events($1, row(null, 101, null, null, null, null, null)::pgq_gateway.event_selection)`,
    ({ batch }) => [batch.batchId],
  ),
  sql(
    'batch',
    'events_ahead',
    `select * from pgq_gateway.events_ahead($1, $2, row(null, 101, null, null, null, null, null)::pgq_gateway.event_selection)`,
    ({ batch, newestTick }) => [batch.batchId, newestTick],
  ),
  sql(
    'batch',
    'tick_events',
    `select * from pgq_gateway.tick_events($1, $2, $3, row(null, 1001, null, null, null, null, null)::pgq_gateway.event_selection)`,
    ({ queueId, firstTick, newestTick }) => [queueId, firstTick, newestTick],
  ),
  sql(
    'batch',
    'event_pages',
    'select * from pgq_gateway.event_pages($1, null, null, null, 50)',
    ({ batch }) => [batch.batchId],
  ),
  sql(
    'batch',
    'event_pages with events_within',
    `select * from pgq_gateway.event_pages($1, null, null, null, 50) p
      cross join lateral pgq_gateway.events_within($1, null, null, null, array[p.table_number], array[p.first_tid],
        array[p.last_tid], p.last_id, row(null, 51, null, null, null, null, null)::pgq_gateway.event_selection)`,
    ({ batch }) => [batch.batchId],
  ),
  sql(
    'batch',
    'pgq.next_batch_custom and pgq.event_failed',
    `with opened as materialized (select batch_id from pgq.next_batch_custom($1, $2, null, null, null))
     select pgq_gateway._fail_event(batch_id, $3, 'why') from opened`,
    ({ queue, consumer, eventIds }) => [queue, consumer, eventIds[0]],
  ),
]

const loops: Measured[] = [
  sql('loop', 'begin_life', 'select pgq_gateway.begin_life($1)', ({ gateway }) => [gateway]),
  sql('loop', 'sign_of_life', 'select pgq_gateway.sign_of_life($1, true)', ({ gateway }) => [gateway]),
  sql('loop', 'ticker_step', 'select * from pgq_gateway.ticker_step($1, false)', ({ queue }) => [[queue]]),
  sql('loop', 'ticker_step for events', 'select * from pgq_gateway.ticker_step($1, true)', ({ queue }) => [
    [queue],
  ]),
  sql('loop', 'ticker_state of one', 'select * from pgq_gateway.ticker_state($1)', ({ queue }) => [[queue]]),
  sql(
    'loop',
    'queue_activity, nothing new',
    'select pgq_gateway.queue_activity((pgq_gateway.queue_activity(null)).snapshot)',
  ),
  sql(
    'loop',
    'queue_activity of one',
    'select * from pgq_gateway.queue_activity(null, $1)',
    ({ queueId }) => [[queueId]],
  ),
  sql('loop', 'current_ticks of one', 'select * from pgq_gateway.current_ticks($1)', ({ queue }) => [
    [queue],
  ]),
  sql('loop', 'next_retry_ms', 'select pgq_gateway.next_retry_ms()'),
  sql('loop', 'maint_retry_events', 'select pgq_gateway.maint_retry_events()'),
  { occasion: 'loop', send: ({ database, world }) => readTickLog(database, world.queue, world.firstTick) },
  {
    occasion: 'loop',
    send: ({ database, world }) =>
      findNextTicks(database, world.queueId, { cursor: world.firstTick, time: null }, 10),
  },
  sql(
    'loop',
    'note_misnumbered_queues of one',
    'select name from pgq_gateway.note_misnumbered_queues($1) name',
    ({ queueId }) => [[queueId]],
  ),
  sql('loop', 'sequences_behind', 'select sequence from pgq_gateway.sequences_behind()'),
  sql('loop', 'tick_obstacles', 'select * from pgq_gateway.tick_obstacles($1)', ({ queueId }) => [[queueId]]),
  sql('loop', 'pgq.maint_rotate_tables_step1', `select pgq.maint_rotate_tables_step1($1)`, ({ queue }) => [
    queue,
  ]),
]

/** These look at every queue. */
const sweeps: Measured[] = [
  sql('loop', 'due_queues', 'select * from pgq_gateway.due_queues()'),
  sql('loop', 'queue_activity of all', 'select * from pgq_gateway.queue_activity(null)'),
  sql('loop', 'ticker_state of all', 'select * from pgq_gateway.ticker_state(null)'),
  sql('loop', 'current_ticks of all', 'select * from pgq_gateway.current_ticks(null)'),
  sql(
    'loop',
    'note_misnumbered_queues of 100',
    'select name from pgq_gateway.note_misnumbered_queues(array(select queue_id from pgq.queue order by 1 limit 100)) name',
  ),
  sql('loop', 'pgq.ticker of all', 'select pgq.ticker()'),
  sql('loop', 'pgq.maint_operations', 'select func_name, func_arg from pgq.maint_operations()'),
  sql('loop', 'pgq.maint_rotate_tables_step2', 'select pgq.maint_rotate_tables_step2()'),
  { occasion: 'loop', send: ({ database }) => findNewestTicks(database) },
  { occasion: 'loop', send: ({ database }) => findTicking(database) },
  { occasion: 'loop', send: ({ database }) => findAllQueues(database) },
  { occasion: 'loop', send: ({ database }) => findAllConsumers(database) },
]

const lists: Measured[] = [
  ({ context }: Asked) => listQueues(context, { database: DATABASE, first: 3 }),
  ({ context, world: { queue } }: Asked) =>
    listQueues(context, { database: DATABASE, last: 3, before: queue }),
  ({ view, world: { queue } }: Asked) => view.load(queueByName, queue),
  ({ context }: Asked) => listConsumers(context, { database: DATABASE, first: 3 }),
  ({ context, world: { queue } }: Asked) => listConsumers(context, { database: DATABASE, queue, last: 3 }),
  ({ context, world: { queue, consumer } }: Asked) =>
    findConsumer(context, { database: DATABASE, queue, name: consumer }),
  ({ view, world: { queue } }: Asked) => view.load(consumersOfQueue, queue),
  ({ context, world: { queueId, consumerId } }: Asked) =>
    progressOf(context, { database: DATABASE, queueId, consumerId } as Parameters<typeof progressOf>[1]),
  ({ view, world: { queue } }: Asked) => view.load(blockerOf, queue),
  ({ view, world: { queueId } }: Asked) => view.load(retryCount, queueId),
  ({ view, world: { queue } }: Asked) => view.load(deadLetterCount, queue),
  ({ context }: Asked) => listDeadLetters(context, { database: DATABASE, first: 3 }),
  ({ context, world: { queue, consumer } }: Asked) =>
    listDeadLetters(context, { database: DATABASE, queue, consumer, last: 3 }),
  ({ view, world: { deadLetterId } }: Asked) => view.load(deadLetterById, deadLetterId),
  ({ context, world: { queue } }: Asked) =>
    listTicks(context, { database: DATABASE, name: queue }, { last: 3 }),
  ({ view, world: { queue, firstTick } }: Asked) => view.load(tickById, { queue, tickId: firstTick }),
  ({ context, world: { queue } }: Asked) => listEventTypes(context, { database: DATABASE, queue }),
  ({ context, world: { queue } }: Asked) =>
    findEventType(context, { database: DATABASE, queue, type: 'type-1' }),
  ({ view, world: { queue } }: Asked) => view.state.types.load(queue),
].map((send) => ({ occasion: 'list', send }))

const changes: Measured[] = [
  ({ context }: Asked) => createQueue(context, { database: DATABASE, name: 'another' }),
  ({ context, world: { queue } }: Asked) =>
    setQueueConfig(context, { database: DATABASE, name: queue, tickerMaxCount: 10 }),
  ({ context, world: { queue } }: Asked) =>
    registerConsumer(context, { database: DATABASE, queue, consumer: 'another' }),
  ({ context, world: { queue, consumer } }: Asked) =>
    unregisterConsumer(context, { database: DATABASE, queue, consumer }),
  ({ context, world: { queue } }: Asked) =>
    registerSubconsumer(context, { database: DATABASE, queue, consumer: 'team', subconsumer: 'another' }),
  ({ context, world: { queue, member } }: Asked) =>
    unregisterSubconsumer(context, {
      database: DATABASE,
      queue,
      consumer: 'team',
      subconsumer: member,
      batchHandling: 'FAIL',
    }),
  ({ context, world: { deadLetterId } }: Asked) =>
    requeueDeadLetters(context, { database: DATABASE, deadLetterIds: [deadLetterId] }),
  ({ context, world: { deadLetterId } }: Asked) =>
    deleteDeadLetters(context, { database: DATABASE, deadLetterIds: [deadLetterId] }),
  ({ context, world: { queue } }: Asked) =>
    registerEventType(context, {
      database: DATABASE,
      queue,
      type: 'type-1',
      schema: { type: 'object', description: 'changed' },
      force: false,
    }),
  ({ context, world: { queue } }: Asked) =>
    removeEventType(context, { database: DATABASE, queue, type: 'type-1' }),
  ({ context }: Asked) => dropQueue(context, { database: DATABASE, name: 'queue-00001', force: true }),
].map((send) => ({ occasion: 'change', send }))

const forced = sql('change', 'tick', 'select pgq_gateway.tick($1, true)', ({ queue }) => [queue])

/** Every statement of the gateway that is not part of an installation. */
export const statements: readonly Measured[] = [
  ...perBatch,
  ...loops,
  ...sweeps,
  ...lists,
  ...changes,
  forced,
]
