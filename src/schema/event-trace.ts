import {
  type ConsumerOfEvent as ConsumerOfEventRow,
  type EventState,
  type EventTrace as EventTraceRow,
  traceEvent,
} from '../resolvers/events/event-trace.ts'
import { databaseArg } from './arguments.ts'
import { builder } from './builder.ts'
import { rowsCost } from './cost.ts'
import { Event } from './event.ts'
import { needs, seen } from './needs.ts'
import { queueOfArgs } from './places.ts'
import { Tick } from './refs.ts'

const EventStateType = builder.enumType('EventState', {
  description: 'Where an event is for a consumer.',
  values: {
    PASSED: {
      description:
        'The consumer has finished it, or its position was beyond it when it was registered or moved.',
    },
    PENDING: { description: 'The consumer has yet to open it.' },
    IN_OPEN_BATCH: {},
    WAITING_RETRY: { description: 'It is in the retry queue until retryAt.' },
    DEAD_LETTER: { description: 'The consumer gave up on it.' },
  } satisfies Record<EventState, { description?: string }>,
})

const ConsumerOfEvent = builder.objectRef<ConsumerOfEventRow>('ConsumerOfEvent').implement({
  needs: seen,
  fields: (t) => ({
    consumerName: t.exposeString('consumerName', {
      description: 'A cooperative consumer with all of its members.',
    }),
    state: t.expose('state', { type: EventStateType }),
    batchId: t.expose('batchId', {
      type: 'BigInt',
      nullable: true,
      description: 'The open batch that has it.',
    }),
    retryAt: t.expose('retryAt', { type: 'DateTime', nullable: true }),
    retryCount: t.exposeInt('retryCount', {
      nullable: true,
      description: 'How often it came back from the retry queue, or will have when it does.',
    }),
    deadLetterId: t.expose('deadLetterId', { type: 'BigInt', nullable: true }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why the consumer gave up on it.' }),
    failedAt: t.expose('failedAt', { type: 'DateTime', nullable: true }),
  }),
})

const EventTrace = builder.objectRef<EventTraceRow>('EventTrace').implement({
  needs: seen,
  description: 'Where an event has gone.',
  fields: (t) => ({
    eventId: t.expose('eventId', { type: 'BigInt' }),
    event: t.expose('event', {
      type: Event,
      nullable: true,
      description: 'Null where the event tables do not hold it: not any more, or never.',
    }),
    tick: t.expose('tick', {
      type: Tick,
      nullable: true,
      description: 'The tick that its batch ends with; null before that, and where event is null.',
    }),
    consumers: t.expose('consumers', {
      type: [ConsumerOfEvent],
      description: 'Where event is null, only those that have it in the retry queue or the dead letters.',
    }),
  }),
})

builder.queryField('event', (t) =>
  t.field({
    type: EventTrace,
    description: 'Finds an event by its id, and where it is for each consumer.',
    complexity: rowsCost(20),
    args: {
      ...databaseArg(),
      queue: t.arg.string({ required: true }),
      eventId: t.arg({ type: 'BigInt', required: true }),
    },
    needs: needs('read', queueOfArgs),
    resolve: (_, args, context) => traceEvent(context, args),
  }),
)
