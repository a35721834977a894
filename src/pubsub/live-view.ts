import type { Database } from '../postgres/database.ts'
import type { DatabaseState } from '../resolvers/database-state.ts'
import { DatabaseView } from '../resolvers/database-view.ts'
import type { Claims } from './batches/claims.ts'
import type { LeaseKeeper } from './batches/lease-keeper.ts'
import type { TakeoverWatch } from './batches/takeover-watch.ts'
import type { WorkerLog } from './batches/worker-log.ts'
import type { DeadLetterJobs } from './dead-letters/dead-letter-jobs.ts'
import type { ConsumerHistory } from './stats/consumer-history.ts'
import type { StatsSamplers } from './stats/stats-samplers.ts'
import type { OpenStreams } from './stream.ts'
import type { TailShares } from './tail/tail-share.ts'
import type { TickFeed } from './ticks/tick-feed.ts'

/** The parts of a database that its streams run on, shared by all callers. */
export interface LiveParts {
  readonly feed: TickFeed
  readonly leases: LeaseKeeper
  readonly claims: Claims
  readonly takeovers: TakeoverWatch
  readonly workers: WorkerLog
  readonly streams: OpenStreams
  /** What they read of the log is the same for all who may read the same events. */
  readonly tails: TailShares
  /** They count everything; each reader is shown what it may see. */
  readonly samplers: StatsSamplers
  readonly consumerHistory: ConsumerHistory
  readonly letterJobs: DeadLetterJobs
}

/** Shows a database, with its live streams, to callers with the same access rights. */
export class LiveView extends DatabaseView {
  readonly live: LiveParts

  constructor(database: Database, state: DatabaseState, live: LiveParts, sight: string) {
    super(database, state, sight)
    this.live = live
  }
}
