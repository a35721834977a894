import { describeBlocker, type RotationBlocker } from '../resolvers/consumers/rotation-blocker.ts'
import { measureEventTables } from '../resolvers/queues/event-table-sizes.ts'
import { builder } from './builder.ts'
import { lookUpCost } from './cost.ts'
import { checked, needs } from './needs.ts'
import { placeOfRow } from './places.ts'
import { Consumer } from './refs.ts'

const RotationBlockerKind = builder.enumType('RotationBlockerKind', {
  values: {
    OPEN_BATCH: { description: 'A consumer has a batch open.' },
    CONSUMER_BEHIND: { description: 'A consumer is behind and has no batch open.' },
    LONG_TRANSACTION: {
      description: 'Ticks are held back by a transaction, in any database of the server.',
    },
    PREPARED_TRANSACTION: { description: 'The same, by a prepared transaction.' },
    NO_TICK: { description: 'Consumers are up to date, and no tick has been made since.' },
  },
})

export const RotationBlockerType = builder.objectRef<RotationBlocker>('RotationBlocker').implement({
  description: 'Why the oldest event table of a queue is not emptied although that is due.',
  needs: needs('stats', placeOfRow),
  fields: (t) => ({
    kind: t.expose('kind', { type: RotationBlockerKind }),
    consumer: t.expose('consumer', {
      type: Consumer,
      nullable: true,
      description: 'Null where it is no consumer, or none that you may see.',
    }),
    session: t.exposeString('session', {
      nullable: true,
      needs: checked('findRotationBlocker'),
      description:
        'Whose transaction it is: process, role, database and application, or the id of a prepared one. Null for other kinds, and without the grant manage.',
    }),
    since: t.expose('since', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the batch was opened, the consumer last seen, the transaction begun or prepared, or the newest tick made.',
    }),
    heldTables: t.int({
      complexity: lookUpCost,
      description: 'Event tables with events; none of them is emptied meanwhile.',
      resolve: async ({ database, queueId }, _, context) =>
        (await measureEventTables(context.database(database), queueId)).filledTables,
    }),
    heldBytes: t.field({
      type: 'BigInt',
      complexity: lookUpCost,
      description: 'What they take on disk.',
      resolve: async ({ database, queueId }, _, context) =>
        (await measureEventTables(context.database(database), queueId)).bytes,
    }),
    message: t.string({ description: 'The reason in a sentence, and what helps.', resolve: describeBlocker }),
  }),
})
