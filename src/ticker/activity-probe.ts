import type { Session } from '../postgres/session.ts'
import { Pace } from './pace.ts'
import { QueueScan, type ScannedQueue } from './queue-scan.ts'

/** What has changed since the look before. */
export interface Activity {
  snapshot: string
  /** Of the queues that were read: those whose sequence or settings changed. */
  changed: ScannedQueue[]
  /** How many queues there are; null when only some were read. */
  queueCount: number | null
}

/** Without queues when no transaction has ended since the snapshot that was given. */
interface ActivityRow {
  snapshot: string
  queues: string | null
  /** How long the server took for the queues. */
  scan_ms: number
}

/** Readings of certain queues: of which does not matter here. */
class Readings {
  readonly scan = new QueueScan()
  readonly pace: Pace
  snapshot: string | null = null

  constructor(share: number) {
    this.pace = new Pace({ share, minPauseMs: 0, maxPauseMs: 1_000 })
  }

  /** @returns What has changed since the reading before. */
  take(row: ActivityRow & { queues: string }, nowMs: number): ScannedQueue[] {
    this.pace.read(row.scan_ms, nowMs)
    this.snapshot = row.snapshot
    return this.scan.read(row.queues)
  }
}

const readActivity = 'select * from pgq_gateway.queue_activity($1, $2)'

/**
 * Looks for what nobody announced: events, by the queues' sequences, and settings. With few queues all are read in each
 * look. Many are read more seldom, those that are to be ticked within a second before the others.
 */
export class ActivityProbe {
  readonly #session: Session
  readonly #fast = new Readings(0.01)
  readonly #all = new Readings(0.003)
  #snapshot: string | null = null

  constructor(session: Session) {
    this.#session = session
  }

  /** There is news of a queue that is not known. */
  hurry(): void {
    this.#all.pace.hurry()
  }

  /** When all queues may be read again: a time of `performance.now()`, perhaps in the past. */
  get dueAtMs(): number {
    return this.#all.pace.dueAtMs
  }

  /**
   * @param fastQueueIds To be read before the others.
   * @param needsSnapshot Somebody waits for the end of a transaction.
   * @returns Null for nothing new, and when no look was due.
   */
  async look(fastQueueIds: readonly number[], needsSnapshot: boolean): Promise<Activity | null> {
    const nowMs = performance.now()
    const readsAll = nowMs >= this.#all.pace.dueAtMs
    const readsFast = !readsAll && fastQueueIds.length > 0 && nowMs >= this.#fast.pace.dueAtMs
    if (!readsAll && !readsFast && !needsSnapshot) return null
    const readings = readsAll ? this.#all : readsFast ? this.#fast : null
    const queueIds = readsAll ? null : readsFast ? fastQueueIds : []
    const values = [readings ? readings.snapshot : this.#snapshot, queueIds]
    const { rows } = await this.#session.query<ActivityRow>(readActivity, values, 'queue_activity')
    const [row] = rows
    if (!row || row.queues === null) return null
    const { snapshot, queues } = row
    this.#snapshot = snapshot
    const changed = readings?.take({ ...row, queues }, nowMs) ?? []
    return { snapshot, changed, queueCount: readsAll ? this.#all.scan.count : null }
  }
}
