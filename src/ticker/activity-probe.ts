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

/** One reading: of which queues does not matter here. */
interface Reading {
  readonly scan: SequenceScan
  snapshot: string | null
  notBeforeMs: number
}

const readActivity = 'select * from pgq_gateway.queue_activity($1, $2)'

/**
 * Looks for events that nobody announced, by the queues' sequences. With few queues all are read in each look. Many are
 * read more seldom, those that are to be ticked within a second before the others.
 */
export class ActivityProbe {
  readonly #session: Session
  readonly #fast: Reading = { scan: new SequenceScan(), snapshot: null, notBeforeMs: 0 }
  readonly #all: Reading = { scan: new SequenceScan(), snapshot: null, notBeforeMs: 0 }
  #snapshot: string | null = null
  #isUrgent = true

  constructor(session: Session) {
    this.#session = session
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
    const reading = readsAll ? this.#all : readsFast ? this.#fast : null
    const queueIds = readsAll ? null : readsFast ? fastQueueIds : []
    const values = [reading ? reading.snapshot : this.#snapshot, queueIds]
    const { rows } = await this.#session.query<ActivityRow>(readActivity, values, 'queue_activity')
    const [row] = rows
    if (!row || row.sequences === null) return null
    this.#snapshot = row.snapshot
    if (!reading) return { snapshot: row.snapshot, moved: [], queueCount: null }
    reading.snapshot = row.snapshot
    reading.notBeforeMs = nowMs + row.scan_ms / (readsAll ? ALL_SHARE : FAST_SHARE)
    const moved = reading.scan.read(row.sequences)
    return { snapshot: row.snapshot, moved, queueCount: readsAll ? reading.scan.count : null }
  }
}
