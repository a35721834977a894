import type { Int8 } from '../../int8.ts'
import type { Database } from '../../postgres/connections.ts'
import { findHeldLeases, type HeldLeaseRow, touchLeases } from '../../resolvers/batches/leases.ts'
import type { TickFeed } from '../ticks/tick-feed.ts'

interface Lease {
  batchId: Int8
  token: string
  /** A member that holds it is dead to its group after this much silence. */
  deadIntervalMs: number
  onEnd: () => void
  /** Where the worker must touch its batch at least this often: a silent one's lease is not kept any more. */
  silence?: { maxMs: number; onExceeded: () => void } | undefined
}

/** Often enough that a member survives a slow round trip or two, and at the least this often. */
const BEATS_PER_INTERVAL = 4
const MAX_BEAT_MS = 5_000
const MIN_BEAT_MS = 100
/** A heartbeat that takes long does not keep the next one waiting; more than so many at once would help nobody. */
const MAX_BEATS_UNDER_WAY = 2

/**
 * Keeps the batches of a gateway's live streams alive, with one statement for all of them, and tells each when its batch
 * is settled or lost, by whomever: through this process, through another gateway, or in SQL. Leases go by token: after
 * a takeover within one gateway two streams have the same batch, and only one of them holds it.
 */
export class LeaseKeeper {
  readonly #database: Database
  readonly #leases = new Map<string, Lease>()
  readonly #byBatch = new Map<Int8, Set<Lease>>()
  /** Of which a notice says that they may have ended. */
  readonly #doubtful = new Set<Lease>()
  readonly #stop: () => void
  #timer: NodeJS.Timeout | undefined
  #beatsAt = Number.POSITIVE_INFINITY
  #beatsUnderWay = 0
  #isAsking = false
  #isClosed = false

  constructor(database: Database, feed: TickFeed) {
    this.#database = database
    const onSettled = (batchId: Int8) => {
      for (const lease of [...(this.#byBatch.get(batchId) ?? [])]) this.#end(lease)
    }
    // A notice is a hint, and a batch that is opened anew for a wrong one would be taken from its worker.
    const onNotice = (notice: { readonly [field: string]: unknown }) => {
      if (typeof notice.batch === 'string') void this.#doubt(this.#byBatch.get(notice.batch) ?? [])
      else void this.#doubt(this.#leases.values())
    }
    const onLive = () => void this.#doubt(this.#leases.values())
    database.on('settled', onSettled)
    feed.on('settled', onNotice)
    feed.on('live', onLive)
    this.#stop = () => {
      database.off('settled', onSettled)
      feed.off('settled', onNotice)
      feed.off('live', onLive)
    }
  }

  /** How many leases are kept. */
  get size(): number {
    return this.#leases.size
  }

  /** @returns Stops keeping it, without settling anything. */
  keep(lease: Lease): () => void {
    this.#leases.set(lease.token, lease)
    const ofBatch = this.#byBatch.get(lease.batchId)
    if (ofBatch) ofBatch.add(lease)
    else this.#byBatch.set(lease.batchId, new Set([lease]))
    this.#beatWithin(beatMs(lease))
    return () => this.#forget(lease)
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
    clearTimeout(this.#timer)
    this.#leases.clear()
    this.#byBatch.clear()
    this.#doubtful.clear()
  }

  #forget(lease: Lease): void {
    this.#leases.delete(lease.token)
    this.#doubtful.delete(lease)
    const ofBatch = this.#byBatch.get(lease.batchId)
    ofBatch?.delete(lease)
    if (ofBatch?.size === 0) this.#byBatch.delete(lease.batchId)
    if (this.#leases.size > 0) return
    clearTimeout(this.#timer)
    this.#beatsAt = Number.POSITIVE_INFINITY
  }

  #end(lease: Lease, tell = lease.onEnd): void {
    this.#forget(lease)
    tell()
  }

  /** An earlier beat that is planned stays: new leases that keep coming must not put off the old ones' heartbeat. */
  #beatWithin(ms: number): void {
    const beatsAt = performance.now() + ms
    if (this.#isClosed || beatsAt >= this.#beatsAt) return
    clearTimeout(this.#timer)
    this.#beatsAt = beatsAt
    this.#timer = setTimeout(() => void this.#beat(), ms)
  }

  async #beat(): Promise<void> {
    if (this.#leases.size === 0) return
    this.#beatsAt = Number.POSITIVE_INFINITY
    for (const lease of this.#leases.values()) this.#beatWithin(beatMs(lease))
    if (this.#beatsUnderWay === MAX_BEATS_UNDER_WAY) return
    this.#beatsUnderWay++
    await this.#endLost([...this.#leases.values()], touchLeases)
    this.#beatsUnderWay--
  }

  /** Asks soon whether these are held still; what is doubted meanwhile is asked together, after that. */
  async #doubt(leases: Iterable<Lease>): Promise<void> {
    for (const lease of leases) this.#doubtful.add(lease)
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
    asked: readonly Lease[],
    findHeld: (database: Database, tokens: readonly string[]) => Promise<HeldLeaseRow[]>,
  ): Promise<void> {
    try {
      const rows = await findHeld(
        this.#database,
        asked.map((lease) => lease.token),
      )
      const silentMs = new Map(rows.map(({ token, silentSeconds }) => [token, silentSeconds * 1_000]))
      for (const lease of asked) {
        if (this.#leases.get(lease.token) !== lease) continue
        const silence = silentMs.get(lease.token)
        if (silence === undefined) this.#end(lease)
        else if (lease.silence && silence > lease.silence.maxMs) this.#end(lease, lease.silence.onExceeded)
      }
    } catch {
      // The database is away. A batch that is lost meanwhile is refused by its lease when it is settled.
    }
  }
}

function beatMs({ deadIntervalMs, silence }: Lease): number {
  const intervalMs = Math.min(deadIntervalMs, silence?.maxMs ?? Number.POSITIVE_INFINITY)
  return Math.min(MAX_BEAT_MS, Math.max(MIN_BEAT_MS, intervalMs / BEATS_PER_INTERVAL))
}
