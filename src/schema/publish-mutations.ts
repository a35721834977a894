import { insertEvent, insertEvents } from '../resolvers/publishing/publishing.ts'
import { databaseField } from './arguments.ts'
import { builder } from './builder.ts'
import { EventInput, eventInputFields } from './event.ts'
import { needs, seen } from './needs.ts'
import { queueOfInput } from './places.ts'

const InsertEventInput = builder.inputType('InsertEventInput', {
  description:
    'At least one of type, data, json and extra1 to extra4 must be given; an empty string will do.',
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    ...eventInputFields(t),
  }),
})

const InsertEventPayload = builder.objectRef<{ eventId: string }>('InsertEventPayload').implement({
  needs: seen,
  fields: (t) => ({ eventId: t.expose('eventId', { type: 'BigInt' }) }),
})

const InsertEventsInput = builder.inputType('InsertEventsInput', {
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    events: t.field({
      type: [EventInput],
      required: true,
      description: "At most the server's limit (default 10,000).",
    }),
  }),
})

const InsertEventsPayload = builder.objectRef<{ eventIds: string[] }>('InsertEventsPayload').implement({
  needs: seen,
  fields: (t) => ({
    eventIds: t.expose('eventIds', { type: ['BigInt'], description: 'In the order of the events.' }),
  }),
})

builder.mutationFields((t) => ({
  insertEvent: t.field({
    type: InsertEventPayload,
    description: 'Publishes an event; it is committed when this returns.',
    args: { input: t.arg({ type: InsertEventInput, required: true }) },
    needs: needs('publish', queueOfInput),
    resolve: async (_, { input }, context) => ({ eventId: await insertEvent(context, input) }),
  }),
  insertEvents: t.field({
    type: InsertEventsPayload,
    description: 'Publishes events in one transaction: all or nothing.',
    args: { input: t.arg({ type: InsertEventsInput, required: true }) },
    needs: needs('publish', queueOfInput),
    resolve: async (_, { input }, context) => ({ eventIds: await insertEvents(context, input) }),
  }),
}))
