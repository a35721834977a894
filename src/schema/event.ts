import { parseEventData } from '../resolvers/events/event-data.ts'
import type { EventPageRow, EventRow } from '../resolvers/events/event-row.ts'
import type { InputFields } from './arguments.ts'
import { builder } from './builder.ts'
import { seen } from './needs.ts'

export const Event = builder.objectRef<EventRow>('Event').implement({
  // An event is given to those alone who may read it.
  needs: seen,
  fields: (t) => ({
    eventId: t.expose('eventId', { type: 'BigInt', description: 'A retry keeps the id of its event.' }),
    time: t.expose('time', { type: 'DateTime', description: 'Start of the transaction that inserted it.' }),
    txid: t.expose('txid', { type: 'BigInt' }),
    retry: t.exposeInt('retry', {
      nullable: true,
      description: 'How often it came back from the retry queue; null the first time.',
    }),
    type: t.exposeString('type', { nullable: true }),
    data: t.exposeString('data', { nullable: true }),
    extra1: t.exposeString('extra1', { nullable: true }),
    extra2: t.exposeString('extra2', { nullable: true }),
    extra3: t.exposeString('extra3', { nullable: true }),
    extra4: t.exposeString('extra4', { nullable: true }),
    json: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'data parsed as JSON, or decoded from the URL encoding of logutriga; null where it is neither, or nested deeper than 1000. Numbers are those of JavaScript: the nearest double, null beyond 1.8e308, 0 for -0. data has them as written.',
      resolve: (event) => parseEventData(event.data),
    }),
  }),
})

export const EventPage = builder.objectRef<EventPageRow>('EventPage').implement({
  needs: seen,
  fields: (t) => ({
    events: t.expose('events', { type: [Event] }),
    hasNextPage: t.exposeBoolean('hasNextPage'),
    endCursor: t.expose('endCursor', {
      type: 'BigInt',
      nullable: true,
      description: "The next page's `after`.",
    }),
  }),
})

export const EventFilter = builder.inputType('EventFilter', {
  description: 'Conditions that an event must all meet.',
  fields: (t) => ({
    types: t.stringList({ description: 'Its type is one of these.' }),
    extra1: t.string(),
    extra2: t.string(),
    extra3: t.string(),
    extra4: t.string(),
  }),
})

/** Makes the fields of an event, for each input that holds one. */
export const eventInputFields = (t: InputFields) => ({
  type: t.string(),
  data: t.string({ description: 'Any text, such as JSON.' }),
  json: t.field({
    type: 'JSON',
    description: 'Stands for data: any JSON value up to 1000 deep, stored as its text. No number is changed.',
  }),
  extra1: t.string(),
  extra2: t.string(),
  extra3: t.string(),
  extra4: t.string(),
})

export const EventInput = builder.inputType('EventInput', {
  description: 'At least one field must be given; an empty string will do.',
  fields: eventInputFields,
})

export const PublishInput = builder.inputType('PublishInput', {
  description: 'An event and the queue that it goes to.',
  fields: (t) => ({ queue: t.string({ required: true }), ...eventInputFields(t) }),
})
