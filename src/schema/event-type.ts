import {
  type EventTypeRow,
  type EventTypeVersionRow,
  eventTypesOfQueue,
  eventTypeVersions,
  findEventType,
  listEventTypes,
} from '../resolvers/event-types/event-types.ts'
import { requireQueue } from '../resolvers/queues/queues.ts'
import { databaseArg } from './arguments.ts'
import { builder } from './builder.ts'
import { lookUpCost, rowsCost } from './cost.ts'
import { decodeKey, encodeKey } from './keys.ts'
import { checked, seen, shown } from './needs.ts'
import { placeOfQueue, placeOfRow } from './places.ts'
import { Queue } from './refs.ts'

const jsonSchema = 'JSON Schema 2020-12 of the payload.'

export const EventTypeVersion = builder.objectRef<EventTypeVersionRow>('EventTypeVersion').implement({
  needs: seen,
  fields: (t) => ({
    version: t.exposeInt('version'),
    schema: t.expose('schema', { type: 'JSON', description: jsonSchema }),
    registeredAt: t.expose('registeredAt', { type: 'DateTime' }),
  }),
})

export const EventType = builder.objectRef<EventTypeRow>('EventType')

builder.node(EventType, {
  description: 'What events of a type and queue carry, by the newest version of its schema.',
  // Who may only publish must know what.
  needs: shown(placeOfRow),
  id: { resolve: (eventType) => encodeKey(eventType.database, eventType.queueName, eventType.type) },
  loadOne: async (key, context) => {
    const [database = '', queue = '', type = ''] = decodeKey(key, 3)
    return findEventType(context, { database, queue, type })
  },
  brandLoadedObjects: true,
  fields: (t) => ({
    queue: t.field({
      type: Queue,
      needs: seen,
      complexity: lookUpCost,
      resolve: (eventType, _, context) => requireQueue(context, eventType.database, eventType.queueName),
    }),
    type: t.exposeString('type'),
    version: t.exposeInt('version', {
      description: '1, 2, …; a type that was removed, alone or with its queue, does not begin anew.',
    }),
    schema: t.expose('schema', { type: 'JSON', description: jsonSchema }),
    enforced: t.exposeBoolean('enforced', {
      description:
        'Events published through this API must match the schema; if not, they are INVALID_PAYLOAD.',
    }),
    registeredAt: t.expose('registeredAt', { type: 'DateTime', description: 'The newest version.' }),
    versions: t.field({
      type: [EventTypeVersion],
      complexity: rowsCost(3),
      description: 'Newest first.',
      resolve: (eventType, _, context) =>
        context.database(eventType.database).load(eventTypeVersions, {
          database: eventType.database,
          queue: eventType.queueName,
          type: eventType.type,
        }),
    }),
  }),
})

builder.objectField(Queue, 'eventTypes', (t) =>
  t.field({
    type: [EventType],
    needs: shown(placeOfQueue),
    complexity: rowsCost(10),
    description: 'The types whose payload has a schema, by name. There may be others.',
    resolve: (queue, _, context) => context.database(queue.database).load(eventTypesOfQueue, queue.name),
  }),
)

builder.queryFields((t) => ({
  eventTypes: t.field({
    type: [EventType],
    complexity: rowsCost(100),
    description: 'Registered types of a queue, or of all queues; by queue and type.',
    args: { ...databaseArg(), queue: t.arg.string() },
    needs: checked('listEventTypes'),
    resolve: (_, args, context) => listEventTypes(context, args),
  }),
  eventType: t.field({
    type: EventType,
    nullable: true,
    args: {
      ...databaseArg(),
      queue: t.arg.string({ required: true }),
      type: t.arg.string({ required: true }),
    },
    needs: checked('findEventType'),
    resolve: (_, args, context) => findEventType(context, args),
  }),
}))
