import type { Life } from '../postgres/life.ts'
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

export interface ActivityProbeOptions {
  life: Life
  /** Time between looks that give a sign of life, too (milliseconds). */
  signMs: number
  /** Told by those looks when the next event of the retry queue is due (milliseconds from now); null for none. */
  onNextRetry: (dueInMs: number | null) => void
}

interface ActivityRow {
  snapshot: string
  /** Null when no transaction has ended since the snapshot that was given. */
  queues: string | null
  /** Time that the server took to read the queues. */
  scan_ms: number
}

interface LookRow extends ActivityRow {
  leads: boolean | null
  /** Null when there is no event in the retry queue. */
  next_retry_ms: number | null
}

/** A look that comes by so much of the time before a sign is due gives it, since timers are never exact. */
const SIGN_TOLERANCE = 0.9

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

const readActivity = { name: 'queue_activity', text: 'select * from pgq_gateway.queue_activity($1, $2)' }
const lookAndSign = { name: 'ticker_look', text: 'select * from pgq_gateway.ticker_look($1, $2, $3, $4)' }

/**
 * Looks for events and settings that nobody announced, by the queues' sequences and row versions. Each look reads all
 * queues when they are few; when they are many, it reads them less often, fast ones before the others. Once in a while a look
 * gives the gateway's sign of life in the same statement, and asks after the retry queue.
 */
export class ActivityProbe {
  readonly #options: ActivityProbeOptions
  readonly #fast = new Readings(0.01)
  readonly #all = new Readings(0.003)
  #snapshot: string | null = null

  constructor(options: ActivityProbeOptions) {
    this.#options = options
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
    const signs = nowMs >= this.#options.life.signedAtMs + SIGN_TOLERANCE * this.#options.signMs
    if (!readsAll && !readsFast && !needsSnapshot && !signs) return null
    const readings = readsAll ? this.#all : readsFast ? this.#fast : null
    const queueIds = readsAll ? null : readsFast ? fastQueueIds : []
    const values = [readings ? readings.snapshot : this.#snapshot, queueIds]
    const row = await (signs ? this.#readAndSign(values) : this.#read(values))
    if (!row || row.queues === null) return null
    const { snapshot, queues } = row
    this.#snapshot = snapshot
    const changed = readings?.take({ ...row, queues }, nowMs) ?? []
    return { snapshot, changed, queueCount: readsAll ? this.#all.scan.count : null }
  }

  async #read(values: readonly unknown[]): Promise<ActivityRow | undefined> {
    const { session } = this.#options.life
    const { rows } = await session.query<ActivityRow>(readActivity.text, values, readActivity.name)
    return rows[0]
  }

  async #readAndSign(values: readonly unknown[]): Promise<ActivityRow> {
    const row = await this.#options.life.signBy<LookRow>(lookAndSign, values)
    this.#options.onNextRetry(row.next_retry_ms)
    return row
  }
}
