import { builder } from './builder.ts'

export const DeadLetterFilter = builder.inputType('DeadLetterFilter', {
  description: 'Conditions that a dead letter must all meet.',
  fields: (t) => ({
    reasonContains: t.string({ description: 'Its reason has this text, in the same case.' }),
    reason: t.string({ description: 'Its reason in short is this one, as a DeadLetterGroup has it.' }),
    types: t.field({
      // A group may have no type.
      type: t.listRef('String', { required: false }),
      description: "Its event's type is one of these; null is for events without a type.",
    }),
    failedFrom: t.field({ type: 'DateTime' }),
    failedTo: t.field({ type: 'DateTime' }),
  }),
})
