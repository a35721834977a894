import type { Database } from '../../postgres/database.ts'
import { type ConsumerRow, findAllConsumers } from '../../resolvers/consumers/consumers.ts'
import { findAllQueues, type QueueRow } from '../../resolvers/queues/queues.ts'
import { Samplers } from './samplers.ts'

export interface StatsSample {
  queues: QueueRow[]
  consumers: ConsumerRow[]
}

/** Keeps the samplers of a database: one per interval that is watched. */
export class StatsSamplers extends Samplers<StatsSample> {
  constructor(database: Database) {
    super(async () => {
      const [queues, consumers] = await Promise.all([findAllQueues(database), findAllConsumers(database)])
      return { queues, consumers }
    })
  }
}
