import { withDeadline } from '../../async/deadline.ts'
import type { Database } from '../../postgres/database.ts'
import { isOutage } from '../../postgres/outage.ts'
import {
  claimStream,
  findDeadGateways,
  releaseOrphans,
  releaseStreams,
} from '../../resolvers/batches/leases.ts'
import type { TickFeed } from '../ticks/tick-feed.ts'

interface Subscriber {
  queue: string
  consumer: string
  subconsumer?: string | null | undefined
}

interface Seat {
  queue: string
  /** A member's is `consumer.member`. */
  name: string
  /** The gateway whose stream has the subscription; undefined until a claim has told. */
  holder: number | undefined
  wake: () => void
}

/** The place of a stream that stands by. */
export interface Standby {
  /** To be called with what `claim` has answered. */
  isHeldBy(holder: number): void
  leave(): void
}

/** A standby of a holder in another gateway learns of that gateway's death by this look, one for all of them. */
const LOOK_MS = 500
const RELEASE_DEADLINE_MS = 2_000
const RETRY_MS = 1_000
/** A claim whose answer was lost may still be at work in the server for as long as a statement may take. */
const DOUBT_MS = 40_000

/**
 * The claims of one gateway's `batches` streams on one database: each subscription belongs to one stream. What is claimed
 * is given back, if need be after an outage: a claim that nobody remembers would lock its consumer out for as long as
 * this process lives.
 */
export class Claims {
  readonly #database: Database
  readonly #feed: TickFeed
  readonly #live = new Set<string>()
  /** Streams that are over and may have a claim still, and until when that is possible. */
  readonly #doubtful = new Map<string, number>()
  readonly #standbys = new Set<Seat>()
  #look: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(database: Database, feed: TickFeed) {
    this.#database = database
    this.#feed = feed
    feed.on('released', this.#onReleased)
    feed.on('live', this.#onLive)
  }

  /** How many streams have a claim, ask for one, or may have one still. */
  get size(): number {
    return this.#live.size + this.#doubtful.size
  }

  get standbyCount(): number {
    return this.#standbys.size
  }

  /**
   * Null when the stream has the subscription; else the gateway that has it. May be repeated. To be followed by
   * `release`, whatever came of it.
   */
  async claim(subscriber: Subscriber, streamId: string): Promise<number | null> {
    this.#live.add(streamId)
    try {
      return await claimStream(this.#database, subscriber, streamId)
    } catch (error) {
      if (isOutage(error)) this.#doubtful.set(streamId, performance.now() + DOUBT_MS)
      throw error
    } finally {
      // Released while this was under way, and perhaps before it.
      if (!this.#live.has(streamId)) await this.#release(streamId)
    }
  }

  /** Ends the claim. Never throws: what fails is tried again until it is certain. */
  async release(streamId: string): Promise<void> {
    if (this.#live.delete(streamId)) await this.#release(streamId)
  }

  /**
   * Wakes when a claim may succeed: a holder that gives up is told of by a notice, one whose gateway dies is found by a
   * look. Stand by first, claim then: so nothing between is missed.
   */
  standBy({ queue, consumer, subconsumer }: Subscriber, wake: () => void): Standby {
    const name = subconsumer == null ? consumer : `${consumer}.${subconsumer}`
    const seat: Seat = { queue, name, holder: undefined, wake }
    this.#standbys.add(seat)
    return {
      isHeldBy: (holder) => {
        seat.holder = holder
        this.#scheduleLook()
      },
      leave: () => {
        this.#standbys.delete(seat)
        if (this.#standbys.size > 0) return
        clearTimeout(this.#look)
        this.#look = undefined
      },
    }
  }

  close(): void {
    this.#isClosed = true
    this.#feed.off('released', this.#onReleased)
    this.#feed.off('live', this.#onLive)
    clearTimeout(this.#look)
    clearTimeout(this.#retry)
  }

  async #release(streamId: string): Promise<void> {
    const isDoubtful = this.#doubtful.has(streamId)
    const released = releaseStreams(this.#database, [streamId])
    try {
      await withDeadline(released, RELEASE_DEADLINE_MS, 'release')
    } catch {
      this.#doubtful.set(streamId, performance.now() + DOUBT_MS)
      // A release that is only late is as good, unless a claim is in doubt that may come after it.
      if (!isDoubtful) released.then(() => this.#doubtful.delete(streamId)).catch(() => {})
    }
    this.#scheduleRetry()
  }

  #scheduleRetry(): void {
    if (this.#doubtful.size === 0 || this.#isClosed) return
    this.#retry ??= setTimeout(async () => {
      const asked = [...this.#doubtful].filter(([streamId]) => !this.#live.has(streamId))
      const now = performance.now()
      try {
        if (asked.length > 0)
          await releaseStreams(
            this.#database,
            asked.map(([streamId]) => streamId),
          )
        for (const [streamId, until] of this.#doubtful)
          if (until < now && !this.#live.has(streamId)) this.#doubtful.delete(streamId)
      } catch {
        // Still away.
      }
      this.#retry = undefined
      // A live stream's doubt is settled when it ends.
      if (asked.length > 0) this.#scheduleRetry()
    }, RETRY_MS)
  }

  #scheduleLook(): void {
    if (this.#isClosed || this.#look) return
    const holders = new Set<number>()
    for (const { holder } of this.#standbys)
      if (holder !== undefined && holder !== this.#database.gatewayId) holders.add(holder)
    if (holders.size === 0) return
    this.#look = setTimeout(async () => {
      const dead = new Set(await findDeadGateways(this.#database, [...holders]).catch(() => []))
      for (const { holder, wake } of this.#standbys) if (holder !== undefined && dead.has(holder)) wake()
      this.#look = undefined
      this.#scheduleLook()
    }, LOOK_MS)
  }

  readonly #onReleased = (notice: { queue: string | null; readonly [field: string]: unknown }): void => {
    for (const { queue, name, wake } of this.#standbys) {
      const isMeant = notice.queue === null || (notice.queue === queue && notice.consumer === name)
      if (isMeant || typeof notice.consumer !== 'string') wake()
    }
  }

  readonly #onLive = (): void => this.recheck()

  /** Looks anew: notices were missed, others presumed this gateway dead, or the database has another past now. */
  recheck(): void {
    for (const { wake } of this.#standbys) wake()
    void releaseOrphans(this.#database, [...this.#live]).catch(() => {})
  }
}
