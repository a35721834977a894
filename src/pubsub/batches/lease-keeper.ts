import type { Instrumentation } from '../../instrumentation.ts'
import type { Int8 } from '../../int8.ts'
import type { Database } from '../../postgres/database.ts'
import type { Ending, HeldBatch, HeldBatches } from '../../resolvers/batches/held-batches.ts'
import { findHeldLeases, type HeldLeaseRow, touchLeases } from '../../resolvers/batches/leases.ts'
import type { TickFeed } from '../ticks/tick-feed.ts'

/** A batch whose lease is to be kept. */
export interface KeptBatch extends HeldBatch {
  /** A member that holds it is dead to its group after this much silence. */
  readonly deadIntervalMs: number
  /** The worker must touch its batch at least this often; infinite where its connection alone counts. */
  readonly maxSilenceMs: number
}

/** Heartbeats come often enough that a member survives a slow round trip or two, and at the least this often. */
const BEATS_PER_INTERVAL = 4
const MAX_BEAT_MS = 5_000
const MIN_BEAT_MS = 100
/** A heartbeat that takes long does not keep the next one waiting; more than so many at once would help nobody. */
const MAX_BEATS_UNDER_WAY = 2

/**
 * Keeps the batches of a gateway's live streams alive, with one statement for all of them, and tells each when its
 * batch is settled or lost elsewhere: through another gateway, or in SQL. What is settled here is told directly; see
 * `settle`.
 */
export class LeaseKeeper {
  readonly #database: Database
  readonly #held: HeldBatches
  readonly #instrumentation: Instrumentation | undefined
  readonly #kept = new Map<HeldBatch, KeptBatch>()
  /** Batches of which a notice says that they may have ended. */
  readonly #doubtful = new Set<KeptBatch>()
  readonly #stop: () => void
  #timer: NodeJS.Timeout | undefined
  #beatsAtMs = Number.POSITIVE_INFINITY
  #beatsUnderWay = 0
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
    // A notice is a hint, and a batch that is opened anew for a wrong one would be taken from its worker.
    const onNotice = (notice: { readonly [field: string]: unknown }) => {
      const { batch } = notice
      void this.#doubt(typeof batch === 'string' ? this.#ofBatch(batch) : this.#kept.values())
    }
    const onLive = () => this.doubtAll()
    feed.on('settled', onNotice)
    feed.on('live', onLive)
    this.#stop = () => {
      feed.off('settled', onNotice)
      feed.off('live', onLive)
    }
  }

  /** How many leases are kept. */
  get size(): number {
    return this.#kept.size
  }

  /** @returns Stops keeping it, without settling anything. */
  keep(batch: KeptBatch): () => void {
    const held: HeldBatch = {
      ...batch,
      onEnd: (ending) => {
        this.#forget(held)
        this.#tell(batch, ending === 'silent' ? 'lost' : 'settled')
        batch.onEnd(ending)
      },
    }
    this.#kept.set(held, batch)
    this.#held.hold(held)
    this.#tell(batch, 'opened')
    this.#beatWithin(beatMs(batch))
    return () => {
      if (this.#held.letGo(held)) this.#forget(held)
    }
  }

  /** Asks whether every batch is still held: others may have presumed this gateway dead. */
  doubtAll(): void {
    void this.#doubt(this.#kept.values())
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
    clearTimeout(this.#timer)
    this.#kept.clear()
    this.#doubtful.clear()
  }

  #tell({ batchId }: HeldBatch, state: 'opened' | 'settled' | 'lost'): void {
    this.#instrumentation?.lease?.({ database: this.#database.name, batchId, state })
  }

  #ofBatch(batchId: Int8): KeptBatch[] {
    return this.#held.ofBatch(batchId).flatMap((held) => this.#kept.get(held) ?? [])
  }

  #forget(held: HeldBatch): void {
    const batch = this.#kept.get(held)
    this.#kept.delete(held)
    if (batch) this.#doubtful.delete(batch)
    if (this.#kept.size > 0) return
    clearTimeout(this.#timer)
    this.#beatsAtMs = Number.POSITIVE_INFINITY
  }

  /** Plans a beat; an earlier one stays: new leases that keep coming must not put off the old ones' heartbeat. */
  #beatWithin(ms: number): void {
    const beatsAtMs = performance.now() + ms
    if (this.#isClosed || beatsAtMs >= this.#beatsAtMs) return
    clearTimeout(this.#timer)
    this.#beatsAtMs = beatsAtMs
    this.#timer = setTimeout(() => void this.#beat(), ms)
  }

  async #beat(): Promise<void> {
    if (this.#kept.size === 0) return
    this.#beatsAtMs = Number.POSITIVE_INFINITY
    for (const batch of this.#kept.values()) this.#beatWithin(beatMs(batch))
    if (this.#beatsUnderWay === MAX_BEATS_UNDER_WAY) return
    this.#beatsUnderWay++
    await this.#endLost([...this.#kept.values()], touchLeases)
    this.#beatsUnderWay--
  }

  /** Asks soon whether these are held still; what is doubted meanwhile is asked together, after that. */
  async #doubt(batches: Iterable<KeptBatch>): Promise<void> {
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
    asked: readonly KeptBatch[],
    findHeld: (database: Database, tokens: readonly string[]) => Promise<HeldLeaseRow[]>,
  ): Promise<void> {
    try {
      const rows = await findHeld(
        this.#database,
        asked.map((batch) => batch.token),
      )
      const silentMs = new Map(rows.map(({ token, silentSeconds }) => [token, silentSeconds * 1_000]))
      for (const { token, maxSilenceMs } of asked) {
        const silence = silentMs.get(token)
        if (silence === undefined) this.#end(token, { next: undefined })
        else if (silence > maxSilenceMs) this.#end(token, 'silent')
      }
    } catch {
      // The database is away. A batch that is lost meanwhile is refused by its lease when it is settled.
    }
  }

  #end(token: string, ending: Ending): void {
    const held = this.#held.find(token)
    if (held) this.#held.end(held, ending)
  }
}

function beatMs({ deadIntervalMs, maxSilenceMs }: KeptBatch): number {
  const intervalMs = Math.min(deadIntervalMs, maxSilenceMs)
  return Math.min(MAX_BEAT_MS, Math.max(MIN_BEAT_MS, intervalMs / BEATS_PER_INTERVAL))
}
