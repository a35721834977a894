import type { Instrumentation } from '../../instrumentation.ts'
import type { Int8 } from '../../int8.ts'
import type { Database } from '../../postgres/database.ts'
import type { Ending, HeldBatch, HeldBatches, HoldObserver } from '../../resolvers/batches/held-batches.ts'
import { findHeldLeases, type HeldLeaseRow, touchLeases } from '../../resolvers/batches/leases.ts'
import type { TickFeed } from '../ticks/tick-feed.ts'

/** Number of renewals per dead interval, so that a member survives one or two slow round trips. */
const RENEWALS_PER_INTERVAL = 4
/** Longest time between renewals (milliseconds). */
const MAX_RENEWAL_MS = 5_000
/** Shortest time between renewals (milliseconds). */
const MIN_RENEWAL_MS = 100
/** Maximum number of concurrent renewals. A slow one must not delay the next. */
const MAX_CONCURRENT_RENEWALS = 2

/**
 * Renews the leases of a gateway's live streams with one statement, and tells each stream when its batch is settled
 * or lost elsewhere: through another gateway, or in SQL. What is settled here is told directly; see `settle`.
 */
export class LeaseKeeper implements HoldObserver {
  readonly #database: Database
  readonly #held: HeldBatches
  readonly #instrumentation: Instrumentation | undefined
  /** Batches that may have ended, according to a notice. */
  readonly #doubtful = new Set<HeldBatch>()
  readonly #stop: () => void
  #timer: NodeJS.Timeout | undefined
  #renewsAtMs = Number.POSITIVE_INFINITY
  #renewalsUnderWay = 0
  #isAsking = false
  #isClosed = false

  constructor(options: {
    database: Database
    feed: TickFeed
    held: HeldBatches
    instrumentation?: Instrumentation | undefined
  }) {
    const { database, feed, held, instrumentation } = options
    this.#database = database
    this.#held = held
    this.#instrumentation = instrumentation
    held.observe(this)
    // A notice is a hint; opening the batch again after a wrong one would take it from its worker.
    const onNotice = (notice: { readonly [field: string]: unknown }) => {
      const { batch } = notice
      void this.#doubt(typeof batch === 'string' ? this.#held.ofBatch(batch) : this.#held)
    }
    const onLive = () => this.doubtAll()
    feed.on('settled', onNotice)
    feed.on('live', onLive)
    this.#stop = () => {
      feed.off('settled', onNotice)
      feed.off('live', onLive)
    }
  }

  /** Number of leases kept. */
  get size(): number {
    return this.#held.size
  }

  /** Keeps a lease. @returns A function that stops keeping it, without settling the batch. */
  keep(batch: HeldBatch): () => void {
    this.#held.hold(batch)
    return () => this.#held.letGo(batch)
  }

  onHold(batch: HeldBatch): void {
    this.#tell(batch, 'opened')
    this.#renewWithin(renewalMs(batch))
  }

  onOver(batch: HeldBatch, ending: Ending | undefined): void {
    this.#doubtful.delete(batch)
    this.#tell(batch, typeof ending === 'object' ? 'settled' : 'ended')
    if (this.#held.size > 0) return
    clearTimeout(this.#timer)
    this.#renewsAtMs = Number.POSITIVE_INFINITY
  }

  onDoubt(batchId: Int8): void {
    void this.#doubt(this.#held.ofBatch(batchId))
  }

  /** Asks whether every batch is still held, because others may have presumed this gateway dead. */
  doubtAll(): void {
    void this.#doubt(this.#held)
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
    clearTimeout(this.#timer)
    this.#doubtful.clear()
  }

  #tell({ batchId }: HeldBatch, state: 'opened' | 'settled' | 'ended'): void {
    this.#instrumentation?.lease?.({ database: this.#database.name, batchId, state })
  }

  /** Plans a renewal, unless an earlier one is planned: a stream of new leases must not delay the old ones. */
  #renewWithin(ms: number): void {
    const renewsAtMs = performance.now() + ms
    if (this.#isClosed || renewsAtMs >= this.#renewsAtMs) return
    clearTimeout(this.#timer)
    this.#renewsAtMs = renewsAtMs
    this.#timer = setTimeout(() => void this.#renew(), ms)
  }

  async #renew(): Promise<void> {
    if (this.#held.size === 0) return
    this.#renewsAtMs = Number.POSITIVE_INFINITY
    for (const batch of this.#held) this.#renewWithin(renewalMs(batch))
    if (this.#renewalsUnderWay === MAX_CONCURRENT_RENEWALS) return
    this.#renewalsUnderWay++
    await this.#endLost([...this.#held], touchLeases)
    this.#renewalsUnderWay--
  }

  /** Asks whether these are still held. Batches that come meanwhile are asked together, afterwards. */
  async #doubt(batches: Iterable<HeldBatch>): Promise<void> {
    for (const batch of batches) this.#doubtful.add(batch)
    if (this.#isAsking) return
    this.#isAsking = true
    while (this.#doubtful.size > 0) {
      const asked = [...this.#doubtful]
      this.#doubtful.clear()
      await this.#endLost(asked, findHeldLeases)
    }
    this.#isAsking = false
  }

  async #endLost(
    asked: readonly HeldBatch[],
    findHeld: (database: Database, tokens: readonly string[]) => Promise<HeldLeaseRow[]>,
  ): Promise<void> {
    const tokens = asked.map((batch) => batch.token)
    // While the database is unavailable, the lease of a batch that is lost meanwhile is refused at its settlement.
    const rows = await findHeld(this.#database, tokens).catch(() => undefined)
    if (!rows) return
    const silentMs = new Map(rows.map(({ token, silentSeconds }) => [token, silentSeconds * 1_000]))
    for (const batch of asked) {
      const silence = silentMs.get(batch.token)
      if (silence === undefined) this.#held.end(batch, 'elsewhere')
      else if (silence > batch.maxSilenceMs) this.#held.end(batch, 'silent')
    }
  }
}

function renewalMs({ deadIntervalMs, maxSilenceMs }: HeldBatch): number {
  const intervalMs = Math.min(deadIntervalMs, maxSilenceMs)
  return Math.min(MAX_RENEWAL_MS, Math.max(MIN_RENEWAL_MS, intervalMs / RENEWALS_PER_INTERVAL))
}
