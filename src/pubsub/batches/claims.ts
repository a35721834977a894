import { withDeadline } from '../../async/deadline.ts'
import type { Database } from '../../postgres/database.ts'
import { isOutage } from '../../postgres/outage.ts'
import {
  claimStream,
  findDeadGateways,
  findUnclaimed,
  releaseAgain,
  releaseOrphans,
  releaseStreams,
  type SubscriptionName,
} from '../../resolvers/batches/leases.ts'
import type { TickFeed } from '../ticks/tick-feed.ts'

interface Subscription {
  queue: string
  consumer: string
  subconsumer?: string | null | undefined
}

interface WaitingStream extends SubscriptionName {
  /** Id of the gateway whose stream has the subscription; undefined before the first claim. */
  holder: number | undefined
  wake: () => void
}

/** Handle of a stream that waits for another one's claim to end. */
export interface Standby {
  /** Records the holder that `claim` has returned. */
  isHeldBy(holder: number): void
  leave(): void
}

/** Time between looks for dead gateways, and for releases where no notices come (milliseconds). One look serves all standbys. */
const LOOK_MS = 500
const RELEASE_DEADLINE_MS = 2_000
const RETRY_MS = 1_000
/** Time in which a claim with a lost answer may still take effect; a statement takes no longer (milliseconds). */
const DOUBT_MS = 40_000

/**
 * Holds the claims of one gateway's `batches` streams on one database: each subscription belongs to one stream. Every
 * claim is released, if need be after an outage, since a forgotten one would lock its consumer out for as long as
 * this process lives.
 */
export class Claims {
  readonly #database: Database
  readonly #feed: TickFeed
  readonly #live = new Set<string>()
  /** Ended streams that may still have a claim, each with the time until which that is possible. */
  readonly #doubtful = new Map<string, number>()
  readonly #standbys = new Set<WaitingStream>()
  #look: NodeJS.Timeout | undefined
  #isLooking = false
  #retry: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(database: Database, feed: TickFeed) {
    this.#database = database
    this.#feed = feed
    feed.on('released', this.#onReleased)
    feed.on('live', this.#onLive)
  }

  /** Number of streams that have a claim, ask for one, or may still have one. */
  get size(): number {
    return this.#live.size + this.#doubtful.size
  }

  get standbyCount(): number {
    return this.#standbys.size
  }

  /**
   * Claims a subscription for a stream. Returns null when the stream has it, or the id of the gateway that has it. It
   * may be repeated, and must be followed by `release`, whatever the outcome.
   */
  async claim(subscription: Subscription, streamId: string): Promise<number | null> {
    this.#live.add(streamId)
    try {
      return await claimStream(this.#database, subscription, streamId)
    } catch (error) {
      if (isOutage(error)) this.#doubtful.set(streamId, performance.now() + DOUBT_MS)
      throw error
    } finally {
      // The stream was released while this was under way, perhaps before the claim took effect.
      if (!this.#live.has(streamId)) await this.#release(streamId)
    }
  }

  /** Ends the claim. Never throws: a failed release is repeated until it is certain. */
  async release(streamId: string): Promise<void> {
    if (this.#live.delete(streamId)) await this.#release(streamId)
  }

  /**
   * Calls `wake` when a claim may succeed: after the notice of a holder that ends, or a look that has found that or its
   * gateway dead. Stand by first and then claim, so that nothing in between is missed.
   */
  standBy({ queue, consumer, subconsumer }: Subscription, wake: () => void): Standby {
    const name = subconsumer == null ? consumer : `${consumer}.${subconsumer}`
    const waiting: WaitingStream = { queue, consumer: name, holder: undefined, wake }
    this.#standbys.add(waiting)
    return {
      isHeldBy: (holder) => {
        waiting.holder = holder
        this.#scheduleLook()
      },
      leave: () => {
        this.#standbys.delete(waiting)
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
          await releaseAgain(
            this.#database,
            asked.map(([streamId]) => streamId),
          )
        for (const [streamId, until] of this.#doubtful)
          if (until < now && !this.#live.has(streamId)) this.#doubtful.delete(streamId)
      } catch {
        // The database is still unavailable; try again.
      }
      this.#retry = undefined
      // A live stream is released when it ends.
      if (asked.length > 0) this.#scheduleRetry()
    }, RETRY_MS)
  }

  #scheduleLook(): void {
    if (this.#isClosed || this.#look || this.#isLooking) return
    const hearsReleases = this.#feed.isListening
    const waiting = [...this.#standbys].filter(
      ({ holder }) => holder !== undefined && !(hearsReleases && holder === this.#database.gatewayId),
    )
    if (waiting.length === 0) return
    this.#look = setTimeout(async () => {
      this.#isLooking = true
      const free = [
        ...(await this.#findOrphaned(waiting)),
        ...(hearsReleases ? [] : await findUnclaimed(this.#database, waiting).catch(() => [])),
      ]
      for (const standby of free) if (this.#standbys.has(standby)) standby.wake()
      this.#look = undefined
      this.#isLooking = false
      this.#scheduleLook()
    }, LOOK_MS)
  }

  /** Finds those that wait for a gateway that is dead. */
  async #findOrphaned(waiting: readonly WaitingStream[]): Promise<WaitingStream[]> {
    const { gatewayId } = this.#database
    const holders = new Set(waiting.flatMap(({ holder }) => holder ?? []))
    holders.delete(gatewayId)
    if (holders.size === 0) return []
    const dead = new Set(await findDeadGateways(this.#database, [...holders]).catch(() => []))
    return waiting.filter(({ holder }) => holder !== undefined && dead.has(holder))
  }

  readonly #onReleased = (notice: { queue: string | null; readonly [field: string]: unknown }): void => {
    for (const { queue, consumer, wake } of this.#standbys) {
      const isMeant = notice.queue === null || (notice.queue === queue && notice.consumer === consumer)
      if (isMeant || typeof notice.consumer !== 'string') wake()
    }
  }

  readonly #onLive = (): void => this.recheck()

  /** Wakes all standbys and releases stale claims: notices may have been missed, or a failover happened. */
  recheck(): void {
    for (const { wake } of this.#standbys) wake()
    void releaseOrphans(this.#database, [...this.#live]).catch(() => {})
  }
}
