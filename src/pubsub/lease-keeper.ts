import type { Database } from '../database/database.ts'
import type { Int8 } from '../int8.ts'
import { touchBatches } from '../resolvers/batch.ts'
import type { TickFeed } from './tick-feed.ts'

interface Lease {
  batchId: Int8
  token: string
  /** A member that holds it is dead to its group after this much silence. */
  deadIntervalMs: number
  onEnd: () => void
}

/** Often enough that a member survives a slow round trip or two, and at the least this often. */
const BEATS_PER_DEAD_INTERVAL = 4
const MAX_BEAT_MS = 5_000
const MIN_BEAT_MS = 100

/**
 * Keeps the batches of a gateway's live streams alive, with one statement for all of them, and tells each when its batch
 * is settled, by whomever: through this process, through another gateway, or in SQL.
 */
export class LeaseKeeper {
  readonly #database: Database
  readonly #leases = new Map<Int8, Lease>()
  readonly #stop: () => void
  #timer: NodeJS.Timeout | undefined
  #isBeating = false

  constructor(database: Database, feed: TickFeed) {
    this.#database = database
    const onSettled = (batchId: Int8) => this.#end(batchId)
    const onNotice = (notice: { readonly [field: string]: unknown }) => {
      if (typeof notice.batch === 'string') this.#end(notice.batch)
      else void this.#beat()
    }
    database.on('settled', onSettled)
    feed.on('settled', onNotice)
    this.#stop = () => {
      database.off('settled', onSettled)
      feed.off('settled', onNotice)
    }
  }

  /** @returns Stops keeping it, without settling anything. */
  keep(lease: Lease): () => void {
    this.#leases.set(lease.batchId, lease)
    this.#schedule()
    return () => {
      if (this.#leases.get(lease.batchId) === lease) this.#leases.delete(lease.batchId)
    }
  }

  close(): void {
    this.#stop()
    clearTimeout(this.#timer)
    this.#leases.clear()
  }

  #end(batchId: Int8): void {
    const lease = this.#leases.get(batchId)
    this.#leases.delete(batchId)
    lease?.onEnd()
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#leases.size === 0) return
    const shortest = Math.min(...[...this.#leases.values()].map((lease) => lease.deadIntervalMs))
    const beatMs = Math.min(MAX_BEAT_MS, Math.max(MIN_BEAT_MS, shortest / BEATS_PER_DEAD_INTERVAL))
    this.#timer = setTimeout(() => void this.#beat(), beatMs)
  }

  async #beat(): Promise<void> {
    if (this.#isBeating) return
    this.#isBeating = true
    const asked = [...this.#leases.values()]
    try {
      const held = await touchBatches(
        this.#database,
        asked.map((lease) => lease.token),
      )
      for (const lease of asked) {
        if (!held.has(lease.batchId) && this.#leases.get(lease.batchId) === lease) this.#end(lease.batchId)
      }
    } catch {
      // The database is away. A batch that is lost meanwhile is refused by its lease when it is settled.
    } finally {
      this.#isBeating = false
      this.#schedule()
    }
  }
}
