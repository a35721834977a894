import { parseInt8 } from '../int8.ts'
import {
  type DeadLetterRow,
  findDeadLetter,
  listDeadLetters,
  placeOfLetter,
} from '../resolvers/dead-letters/dead-letters.ts'
import { requireQueue } from '../resolvers/queues/queues.ts'
import { databaseArg } from './arguments.ts'
import { builder } from './builder.ts'
import { toConnection } from './connection.ts'
import { lookUpCost, pageCost } from './cost.ts'
import { decodeInt8Cursor } from './cursor.ts'
import { DeadLetterFilter } from './dead-letter-filter.ts'
import { Event } from './event.ts'
import { decodeKey, encodeKey } from './keys.ts'
import { checked, needs, seen } from './needs.ts'
import { Queue } from './refs.ts'

export const DeadLetter = builder.objectRef<DeadLetterRow>('DeadLetter')

builder.node(DeadLetter, {
  description:
    'An event that its consumer gave up on, copied whole. It outlives the consumer and the event tables.',
  needs: needs(['read', 'consume'], placeOfLetter),
  id: { resolve: (letter) => encodeKey(letter.database, letter.deadLetterId) },
  loadOne: async (key, context) => {
    const [database = '', id = ''] = decodeKey(key, 2)
    const letterId = parseInt8(id)
    return letterId === null ? null : findDeadLetter(context, database, letterId)
  },
  brandLoadedObjects: true,
  fields: (t) => ({
    deadLetterId: t.expose('deadLetterId', { type: 'BigInt' }),
    queue: t.field({
      type: Queue,
      needs: seen,
      complexity: lookUpCost,
      resolve: (letter, _, context) => requireQueue(context, letter.database, letter.queueName),
    }),
    consumerName: t.exposeString('consumerName', {
      description: 'The main consumer, for a cooperative member.',
    }),
    reason: t.exposeString('reason', { nullable: true }),
    failedAt: t.expose('failedAt', { type: 'DateTime' }),
    event: t.field({ type: Event, resolve: (letter) => letter }),
  }),
})

builder.queryField('deadLetters', (t) =>
  t.connection(
    {
      type: DeadLetter,
      description: 'Oldest first.',
      complexity: pageCost(),
      args: {
        ...databaseArg(),
        queue: t.arg.string(),
        consumer: t.arg.string(),
        filter: t.arg({ type: DeadLetterFilter }),
      },
      needs: checked('listDeadLetters'),
      resolve: async (_, args, context) => {
        const page = await listDeadLetters(context, {
          ...args,
          after: decodeInt8Cursor(args.after, 'after'),
          before: decodeInt8Cursor(args.before, 'before'),
        })
        return toConnection(page, (letter) => [letter.deadLetterId])
      },
    },
    { name: 'DeadLetterConnection' },
    { name: 'DeadLetterEdge' },
  ),
)
