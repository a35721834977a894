import { parseInt8 } from '../int8.ts'
import { requireQueue } from '../resolvers/queues/queues.ts'
import { findTick } from '../resolvers/ticks/ticks.ts'
import { builder } from './builder.ts'
import { lookUpCost } from './cost.ts'
import { decodeKey, encodeKey } from './keys.ts'
import { needs, seen } from './needs.ts'
import { placeOfRow } from './places.ts'
import { Queue, Tick } from './refs.ts'

builder.node(Tick, {
  description: 'A cut in the log of a queue: the events between two ticks make a batch.',
  needs: needs('read', placeOfRow),
  id: { resolve: (tick) => encodeKey(tick.database, tick.queueName, tick.tickId) },
  loadOne: async (key, context) => {
    const [database = '', queue = '', id = ''] = decodeKey(key, 3)
    const tickId = parseInt8(id)
    return tickId === null ? null : findTick(context, { database, queue, tickId })
  },
  brandLoadedObjects: true,
  fields: (t) => ({
    tickId: t.expose('tickId', { type: 'BigInt' }),
    queue: t.field({
      type: Queue,
      needs: seen,
      complexity: lookUpCost,
      resolve: (tick, _, context) => requireQueue(context, tick.database, tick.queueName),
    }),
    time: t.expose('time', { type: 'DateTime' }),
    eventSeq: t.expose('eventSeq', {
      type: 'BigInt',
      description: 'Where the event sequence stood: a hint of size, not a count.',
    }),
  }),
})
