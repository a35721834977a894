import type { Database } from '../../postgres/database.ts'
import { findSilentMembers } from '../../resolvers/batches/leases.ts'

interface Waiter {
  queue: string
  consumer: string
  deadIntervalMs: number
  wake: () => void
}

/** Time in which members that begin to wait, as after a tick, are gathered for one look (milliseconds). */
const GATHER_MS = 50
const MIN_LOOK_MS = 100
const RETRY_MS = 1_000

/**
 * Wakes waiting members of cooperative consumers when another member has been silent for so long that its batch may
 * be taken over. One look serves all of them and tells when the next is due: none while no member holds a batch,
 * since a batch is opened after a tick, which all members hear of.
 */
export class TakeoverWatch {
  readonly #database: Database
  readonly #waiters = new Set<Waiter>()
  #timer: NodeJS.Timeout | undefined
  #looksAt = Number.POSITIVE_INFINITY
  #isLooking = false
  #isClosed = false

  constructor(database: Database) {
    this.#database = database
  }

  /** Number of waiting members. */
  get size(): number {
    return this.#waiters.size
  }

  /** Waits for a takeover. @returns A function that stops waiting. */
  wait(waiter: Waiter): () => void {
    this.#waiters.add(waiter)
    this.#lookWithin(GATHER_MS)
    return () => {
      this.#waiters.delete(waiter)
      if (this.#waiters.size === 0) this.#cancel()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
  }

  #cancel(): void {
    clearTimeout(this.#timer)
    this.#looksAt = Number.POSITIVE_INFINITY
  }

  #lookWithin(ms: number): void {
    const looksAt = performance.now() + ms
    if (this.#isClosed || looksAt >= this.#looksAt) return
    clearTimeout(this.#timer)
    this.#looksAt = looksAt
    this.#timer = setTimeout(() => void this.#look(), ms)
  }

  async #look(): Promise<void> {
    this.#looksAt = Number.POSITIVE_INFINITY
    if (this.#isLooking) return this.#lookWithin(MIN_LOOK_MS)
    this.#isLooking = true
    const asked = [...this.#waiters]
    const groups = new Map(asked.map((waiter) => [keyOf(waiter), waiter]))
    try {
      const rows = await findSilentMembers(this.#database, [...groups.values()])
      const silentMs = new Map(rows.map((row) => [keyOf(row), row.silentSeconds * 1_000]))
      for (const waiter of asked) {
        const silence = silentMs.get(keyOf(waiter))
        if (silence === undefined || !this.#waiters.has(waiter)) continue
        if (silence > waiter.deadIntervalMs) waiter.wake()
        else this.#lookWithin(Math.max(MIN_LOOK_MS, waiter.deadIntervalMs - silence))
      }
    } catch {
      if (this.#waiters.size > 0) this.#lookWithin(RETRY_MS)
    } finally {
      this.#isLooking = false
    }
  }
}

function keyOf({ queue, consumer }: { queue: string; consumer: string }): string {
  return JSON.stringify([queue, consumer])
}
