import type { QueueSample } from '../resolvers/queues/queue-history.ts'
import { builder } from './builder.ts'
import { seen } from './needs.ts'

export const QueueSampleType = builder.objectRef<QueueSample>('QueueSample').implement({
  description: 'A span of the history of a queue, by its ticks. The last one is not over yet.',
  needs: seen,
  fields: (t) => ({
    time: t.expose('time', { type: 'DateTime', description: 'Its beginning.' }),
    seconds: t.exposeFloat('seconds', { description: 'Its length, so far.' }),
    events: t.expose('events', {
      type: 'BigInt',
      description:
        'Events that its ticks counted, by the sequence: rolled-back ones and retries are among them.',
    }),
    eventsPerSecond: t.float({ resolve: ({ events, seconds }) => Number(events) / seconds }),
    ticksPerSecond: t.float({ resolve: ({ ticks, seconds }) => Number(ticks) / seconds }),
  }),
})
