import { type SearchPosition as SearchPositionRow, searchEvents } from '../resolvers/events/event-search.ts'
import { databaseArg } from './arguments.ts'
import { builder } from './builder.ts'
import { encodeCursor } from './connection.ts'
import { rowsCost } from './cost.ts'
import { decodeCursor, refuseBackward } from './cursor.ts'
import { Event } from './event.ts'
import { needs, seen } from './needs.ts'
import { queueOfArgs } from './places.ts'

const JsonCondition = builder.inputType('JsonCondition', {
  description: 'What data has at a path, where it is JSON.',
  fields: (t) => ({
    path: t.stringList({
      required: true,
      description:
        'Names, and places in lists: ["customer", "id"], ["items", "0"]; -1 is the last. [] is the whole.',
    }),
    equals: t.field({
      type: 'JSON',
      description:
        'Must be given; null is the null of JSON. 1 equals 1.0; the order of names is indifferent.',
    }),
  }),
})

const EventSearch = builder.inputType('EventSearch', {
  description: 'Conditions that an event must all meet.',
  fields: (t) => ({
    eventId: t.field({ type: 'BigInt' }),
    types: t.stringList({ description: 'Its type is one of these.' }),
    extra1: t.string(),
    extra2: t.string(),
    extra3: t.string(),
    extra4: t.string(),
    contains: t.string({ description: 'Its data has this text, in the same case.' }),
    json: t.field({ type: JsonCondition }),
    from: t.field({
      type: 'DateTime',
      description: 'Its time is not before this. What was written before is not looked at.',
    }),
    to: t.field({
      type: 'DateTime',
      description:
        'Its time is not after this. What was written after is not looked at, even where its transaction began before.',
    }),
  }),
})

const EventSearchPosition = builder.objectRef<SearchPositionRow>('EventSearchPosition').implement({
  needs: seen,
  fields: (t) => ({
    eventId: t.expose('eventId', { type: 'BigInt' }),
    time: t.expose('time', { type: 'DateTime' }),
  }),
})

builder.queryField('events', (t) =>
  t.connection(
    {
      type: Event,
      description:
        'Searches what the event tables of a queue hold, those written last first, for a limited time: a page may be short or empty and yet not the last. Retries are left out.',
      complexity: rowsCost(100),
      args: {
        ...databaseArg(),
        queue: t.arg.string({ required: true }),
        filter: t.arg({ type: EventSearch }),
      },
      needs: needs('read', queueOfArgs),
      resolve: async (_, { last, before, ...args }, context) => {
        refuseBackward(last ?? before)
        const page = await searchEvents(context, { ...args, after: decodeCursor(args.after, 'after', 3) })
        const edges = page.rows.map(({ cursor, ...node }) => ({ node, cursor: encodeCursor(cursor) }))
        return {
          ...page,
          edges,
          pageInfo: {
            hasNextPage: !page.isComplete,
            hasPreviousPage: args.after != null,
            startCursor: edges[0]?.cursor ?? null,
            endCursor: page.endCursor && encodeCursor(page.endCursor),
          },
        }
      },
    },
    {
      name: 'EventSearchConnection',
      fields: (t) => ({
        searchedTo: t.field({
          type: EventSearchPosition,
          nullable: true,
          description: 'The oldest event that was looked at; null where there was none.',
          resolve: ({ searchedTo }) => searchedTo,
        }),
        complete: t.boolean({
          description:
            'Nothing older is left to be looked at. If false, go on with after: pageInfo.endCursor, which may lie beyond the last edge.',
          resolve: ({ isComplete }) => isComplete,
        }),
      }),
    },
    { name: 'EventSearchEdge' },
  ),
)
