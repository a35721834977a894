import type { ConsumerSample } from '../pubsub/stats/consumer-history.ts'
import { builder } from './builder.ts'
import { seen } from './needs.ts'

export const ConsumerSampleType = builder.objectRef<ConsumerSample>('ConsumerSample').implement({
  description: 'What was true of a consumer at a moment.',
  needs: seen,
  fields: (t) => ({
    time: t.expose('time', { type: 'DateTime' }),
    lagSeconds: t.exposeFloat('lagSeconds'),
    oldestPendingSeconds: t.exposeFloat('oldestPendingSeconds', { nullable: true }),
    pendingEvents: t.expose('pendingEvents', { type: 'BigInt', nullable: true }),
  }),
})
