import type { BatchRow } from '../resolvers/batches/open-batch.ts'
import type { ConsumerRow } from '../resolvers/consumers/consumers.ts'
import type { QueueRow } from '../resolvers/queues/queues.ts'
import type { TickRow } from '../resolvers/ticks/ticks.ts'
import { builder } from './builder.ts'

/** Types whose fields refer to each other are declared here and get their fields in files of their own. */
export const Queue = builder.objectRef<QueueRow>('Queue')
export const Consumer = builder.objectRef<ConsumerRow>('Consumer')
export const Batch = builder.objectRef<BatchRow>('Batch')
export const Tick = builder.objectRef<TickRow>('Tick')
