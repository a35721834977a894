import { deleteDeadLetters, requeueDeadLetters } from '../resolvers/dead-letters/dead-letters.ts'
import { databaseField } from './arguments.ts'
import { builder } from './builder.ts'
import { checked, seen } from './needs.ts'

const choice = 'Give deadLetterIds, or a queue for all of its dead letters, or a queue and a consumer.'

const RequeueDeadLettersInput = builder.inputType('RequeueDeadLettersInput', {
  description: choice,
  fields: (t) => ({
    database: databaseField(t),
    deadLetterIds: t.field({ type: ['BigInt'] }),
    queue: t.string(),
    consumer: t.string(),
  }),
})

const RequeueDeadLettersPayload = builder
  .objectRef<{ requeuedCount: number }>('RequeueDeadLettersPayload')
  .implement({ needs: seen, fields: (t) => ({ requeuedCount: t.exposeInt('requeuedCount') }) })

const DeleteDeadLettersInput = builder.inputType('DeleteDeadLettersInput', {
  description: choice,
  fields: (t) => ({
    database: databaseField(t),
    deadLetterIds: t.field({ type: ['BigInt'] }),
    queue: t.string(),
    consumer: t.string(),
  }),
})

const DeleteDeadLettersPayload = builder
  .objectRef<{ deletedCount: number }>('DeleteDeadLettersPayload')
  .implement({ needs: seen, fields: (t) => ({ deletedCount: t.exposeInt('deletedCount') }) })

builder.mutationFields((t) => ({
  requeueDeadLetters: t.field({
    type: RequeueDeadLettersPayload,
    description:
      "Delivers dead letters to their consumers again. At most the server's limit at once: call until 0.",
    args: { input: t.arg({ type: RequeueDeadLettersInput, required: true }) },
    needs: checked('choose'),
    resolve: async (_, { input }, context) => ({ requeuedCount: await requeueDeadLetters(context, input) }),
  }),
  deleteDeadLetters: t.field({
    type: DeleteDeadLettersPayload,
    description: "Deletes dead letters for good. At most the server's limit at once: call until 0.",
    args: { input: t.arg({ type: DeleteDeadLettersInput, required: true }) },
    needs: checked('choose'),
    resolve: async (_, { input }, context) => ({ deletedCount: await deleteDeadLetters(context, input) }),
  }),
}))
