import {
  type EventTypeRow,
  registerEventType,
  removeEventType,
} from '../resolvers/event-types/event-types.ts'
import { databaseField } from './arguments.ts'
import { builder } from './builder.ts'
import { EventType } from './event-type.ts'
import { needs, seen } from './needs.ts'
import { queueOfInput } from './places.ts'

const RegisterEventTypeInput = builder.inputType('RegisterEventTypeInput', {
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    type: t.string({ required: true, description: 'Of events, at most 500 characters.' }),
    schema: t.field({
      type: 'JSON',
      required: true,
      description:
        'JSON Schema 2020-12, at most 64 kB. A $ref stays within it; keywords nobody knows are refused.',
    }),
    enforce: t.boolean({
      description: 'Check the events that are published. Null: as before, false for a new type.',
    }),
    force: t.boolean({
      defaultValue: false,
      required: true,
      description: 'Register a schema that breaks readers, too.',
    }),
  }),
})

const RegisterEventTypePayload = builder
  .objectRef<{ eventType: EventTypeRow; created: boolean }>('RegisterEventTypePayload')
  .implement({
    needs: seen,
    fields: (t) => ({
      eventType: t.expose('eventType', { type: EventType }),
      created: t.exposeBoolean('created', {
        description: 'A new version was made; false when the newest has the same schema.',
      }),
    }),
  })

const RemoveEventTypeInput = builder.inputType('RemoveEventTypeInput', {
  fields: (t) => ({
    database: databaseField(t),
    queue: t.string({ required: true }),
    type: t.string({ required: true }),
  }),
})

const RemoveEventTypePayload = builder.objectRef<{ removed: boolean }>('RemoveEventTypePayload').implement({
  needs: seen,
  fields: (t) => ({
    removed: t.exposeBoolean('removed', { description: 'False when there was no such type.' }),
  }),
})

builder.mutationFields((t) => ({
  registerEventType: t.field({
    type: RegisterEventTypePayload,
    description:
      'Says what events of a type carry. A schema that breaks readers of an older version is INCOMPATIBLE_SCHEMA, unless forced. When this returns, no event that breaks an enforced schema comes any more, from any server.',
    args: { input: t.arg({ type: RegisterEventTypeInput, required: true }) },
    needs: needs('manage', queueOfInput),
    resolve: (_, { input }, context) => registerEventType(context, input),
  }),
  removeEventType: t.field({
    type: RemoveEventTypePayload,
    description:
      'Forgets a type in all its versions. Its events stay, and new ones are not checked. If it comes again, it begins with the next version.',
    args: { input: t.arg({ type: RemoveEventTypeInput, required: true }) },
    needs: needs('manage', queueOfInput),
    resolve: async (_, { input }, context) => ({ removed: await removeEventType(context, input) }),
  }),
}))
