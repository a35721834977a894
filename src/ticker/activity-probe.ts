import type { Session } from '../postgres/session.ts'
import { Pace } from './pace.ts'
import { QueueScan, type ScannedQueue } from './queue-scan.ts'

/** Changes since the look before. */
export interface Activity {
  snapshot: string
  /** Queues that were read and whose sequence or settings changed. */
  changed: ScannedQueue[]
  /** Number of all queues; null when only some were read. */
  queueCount: number | null
}

interface ActivityRow {
  snapshot: string
  /** Null when no transaction has ended since the snapshot that was given. */
  queues: string | null
  /** Time that the server took to read the queues. */
  scan_ms: number
}

/** Successive readings of the same set of queues, with their pace. */
class Readings {
  readonly scan = new QueueScan()
  readonly pace: Pace
  snapshot: string | null = null

  constructor(share: number) {
    this.pace = new Pace({ share, minPauseMs: 0, maxPauseMs: 1_000 })
  }

  /** Takes over a reading. @returns the queues that changed since the one before. */
  take(row: ActivityRow & { queues: string }, nowMs: number): ScannedQueue[] {
    this.pace.read(row.scan_ms, nowMs)
    this.snapshot = row.snapshot
    return this.scan.read(row.queues)
  }
}

const readActivity = 'select * from pgq_gateway.queue_activity($1, $2)'

/**
 * Looks for events and settings that nobody announced, by the queues' sequences and row versions. Each look reads all
 * queues when they are few; when they are many, it reads them less often, fast ones before the others.
 */
export class ActivityProbe {
  readonly #session: Session
  readonly #fast = new Readings(0.01)
  readonly #all = new Readings(0.003)
  #snapshot: string | null = null

  constructor(session: Session) {
    this.#session = session
  }

  /** Makes the next look read all queues, for news of one that is not known. */
  hurry(): void {
    this.#all.pace.hurry()
  }

  /** Earliest time to read all queues again, by `performance.now()`; perhaps in the past. */
  get dueAtMs(): number {
    return this.#all.pace.dueAtMs
  }

  /**
   * @param fastQueueIds Queues to be read before the others.
   * @param needsSnapshot True when a queue waits for the end of a transaction.
   * @returns null when nothing is new or no look was due.
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
