import type { Session } from '../database/session.ts'
import { type ScannedSequence, SequenceScan } from './sequence-scan.ts'

/** What has changed since the look before. */
export interface Activity {
  snapshot: string
  /** Of the queues that were read: those whose sequence moved. */
  moved: ScannedSequence[]
  /** How many queues there are; null when only some were read. */
  queueCount: number | null
}

/** Without sequences when no transaction has ended since the snapshot that was given. */
interface ActivityRow {
  snapshot: string
  sequences: string | null
  /** How long the server took for the sequences. */
  scan_ms: number
}

/** Shares of the server's time: reading sequences again waits until it is within them. */
const FAST_SHARE = 0.01
const ALL_SHARE = 0.003

/** Of so many readings the quickest counts: on a busy server, and at first, one takes longer than it costs. */
const COMPARED_READINGS = 5
/** However much they cost, they are no further apart. Milliseconds. */
const MAX_PAUSE_MS = 1_000

/** Readings of certain queues: of which does not matter here. */
class Readings {
  readonly scan = new SequenceScan()
  readonly #share: number
  readonly #costsMs: number[] = Array.from({ length: COMPARED_READINGS }, () => 0)
  snapshot: string | null = null
  /** Of the next one. */
  notBeforeMs = 0

  constructor(share: number) {
    this.#share = share
  }

  /** @returns What has moved since the reading before. */
  take(row: ActivityRow & { sequences: string }, nowMs: number): ScannedSequence[] {
    this.#costsMs.shift()
    this.#costsMs.push(row.scan_ms)
    this.notBeforeMs = nowMs + Math.min(Math.min(...this.#costsMs) / this.#share, MAX_PAUSE_MS)
    this.snapshot = row.snapshot
    return this.scan.read(row.sequences)
  }
}

const readActivity = 'select * from pgq_gateway.queue_activity($1, $2)'

/**
 * Looks for events that nobody announced, by the queues' sequences. With few queues all are read in each look. Many are
 * read more seldom, those that are to be ticked within a second before the others.
 */
export class ActivityProbe {
  readonly #session: Session
  readonly #fast = new Readings(FAST_SHARE)
  readonly #all = new Readings(ALL_SHARE)
  #snapshot: string | null = null
  #isUrgent = true

  constructor(session: Session) {
    this.#session = session
  }

  /** There is news of a queue that is not known. */
  hurry(): void {
    this.#all.notBeforeMs = 0
  }

  /** When a look may find something that it did not find before: a time of `performance.now()`, perhaps in the past. */
  get dueAtMs(): number {
    return this.#isUrgent ? 0 : this.#all.notBeforeMs
  }

  /**
   * @param fastQueueIds To be read before the others.
   * @param needsSnapshot Somebody waits for the end of a transaction.
   * @returns Null for nothing new, and when no look was due.
   */
  async look(fastQueueIds: readonly number[], needsSnapshot: boolean): Promise<Activity | null> {
    const nowMs = performance.now()
    this.#isUrgent = fastQueueIds.length > 0 || needsSnapshot
    const readsAll = nowMs >= this.#all.notBeforeMs
    const readsFast = !readsAll && fastQueueIds.length > 0 && nowMs >= this.#fast.notBeforeMs
    if (!readsAll && !readsFast && !needsSnapshot) return null
    const readings = readsAll ? this.#all : readsFast ? this.#fast : null
    const queueIds = readsAll ? null : readsFast ? fastQueueIds : []
    const values = [readings ? readings.snapshot : this.#snapshot, queueIds]
    const { rows } = await this.#session.query<ActivityRow>(readActivity, values, 'queue_activity')
    const [row] = rows
    if (!row || row.sequences === null) return null
    const { snapshot, sequences } = row
    this.#snapshot = snapshot
    const moved = readings?.take({ ...row, sequences }, nowMs) ?? []
    return { snapshot, moved, queueCount: readsAll ? this.#all.scan.count : null }
  }
}
