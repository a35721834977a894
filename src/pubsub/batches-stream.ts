import { randomUUID } from 'node:crypto'
import type { Database } from '../database/database.ts'
import { PgqError } from '../errors.ts'
import {
  type BatchRow,
  claimStream,
  type NextBatchInput,
  nextBatch,
  nextCoopBatch,
  releaseStream,
} from '../resolvers/batch.ts'
import type { Context } from '../resolvers/context.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import type { Slot } from './slot.ts'
import { createStream, type Stream, type StreamSource } from './stream.ts'
import type { TickFeed } from './tick-feed.ts'
import { untilAvailable, waitAtMost } from './wait.ts'

export interface BatchesInput extends NextBatchInput {
  /** A member of a cooperative consumer; both are registered where they are missing. */
  subconsumer?: string | null | undefined
  /** A member whose connection is gone loses its batch to the group after this. Default 30. */
  deadIntervalSeconds?: number | null | undefined
  /** Wait while another worker has the consumer, and take over from it; else that is `CONSUMER_BUSY`. */
  standby: boolean
}

const DEFAULT_DEAD_INTERVAL_SECONDS = 30
/** A standby looks this often whether the holder's gateway is dead; one that ends in order tells at once. */
const STANDBY_MS = 500
const MIN_WAIT_MS = 50

interface Parts {
  database: Database
  feed: TickFeed
  leases: LeaseKeeper
}

/**
 * Durable consumption: opens the next batch under a lease, gives it, and goes on when it is settled, by whatever
 * connection. States: claiming the subscription → waiting for a batch → holding one → waiting … until the end, which
 * gives the claim back. A batch that is open then stays open: it goes to whoever comes next, under a new lease.
 */
export function batches(context: Context, parts: Parts, input: BatchesInput): Stream<BatchRow> {
  return createStream(new BatchesSource(context, parts, input))
}

class BatchesSource implements StreamSource<BatchRow> {
  readonly #context: Context
  readonly #parts: Parts
  readonly #input: BatchesInput
  readonly #deadIntervalSeconds: number
  readonly #streamId = randomUUID()
  readonly #hints: Slot
  /** The hint that is waited for; kept when a wait ends without it, or it would be lost. */
  #hint: Promise<unknown> | undefined
  #isClaimed = false
  #held: { settled: Promise<void>; letGo: () => void } | undefined
  #onReleased = () => {}

  constructor(context: Context, parts: Parts, input: BatchesInput) {
    this.#context = context
    this.#parts = parts
    this.#input = input
    this.#deadIntervalSeconds = input.deadIntervalSeconds ?? DEFAULT_DEAD_INTERVAL_SECONDS
    this.#hints = parts.feed.subscribe(input.queue)
  }

  async pull(signal: AbortSignal): Promise<BatchRow | undefined> {
    await this.#claim(signal)
    await this.#held?.settled
    this.#held = undefined
    while (!signal.aborted) {
      const batch = await untilAvailable(signal, () => this.#open())
      if (batch && !signal.aborted) {
        this.#hold(batch)
        return batch
      }
      await this.#nextChance(signal)
    }
    return undefined
  }

  interrupt(): void {
    this.#hints.end()
    this.#held?.letGo()
    this.#onReleased()
  }

  async close(): Promise<void> {
    if (this.#isClaimed) await releaseStream(this.#parts.database, this.#streamId).catch(() => {})
  }

  async #claim(signal: AbortSignal): Promise<void> {
    const { database, feed } = this.#parts
    while (!signal.aborted && !this.#isClaimed) {
      const released = new Promise<void>((resolve) => {
        this.#onReleased = resolve
      })
      feed.once('released', this.#onReleased)
      try {
        const claim = () => claimStream(database, this.#input, this.#streamId)
        this.#isClaimed = (await untilAvailable(signal, claim)) ?? false
        if (this.#isClaimed || signal.aborted) return
        if (!this.#input.standby) {
          const message =
            'Another worker is consuming this; wait for it with standby: true, or use a cooperative member'
          throw new PgqError('CONSUMER_BUSY', message, { field: 'consumer' })
        }
        await waitAtMost(released, STANDBY_MS, signal)
      } finally {
        feed.off('released', this.#onReleased)
      }
    }
  }

  #open(): Promise<BatchRow | null> {
    const { subconsumer } = this.#input
    if (subconsumer == null) return nextBatch(this.#context, this.#input, this.#streamId)
    const input = { ...this.#input, subconsumer, deadIntervalSeconds: this.#deadIntervalSeconds }
    return nextCoopBatch(this.#context, input, this.#streamId)
  }

  #hold(batch: BatchRow): void {
    let onEnd = () => {}
    const settled = new Promise<void>((resolve) => {
      onEnd = resolve
    })
    const forget = this.#parts.leases.keep({
      batchId: batch.batchId,
      token: batch.leaseToken ?? '',
      deadIntervalMs:
        this.#input.subconsumer == null ? Number.POSITIVE_INFINITY : this.#deadIntervalSeconds * 1_000,
      onEnd,
    })
    const letGo = () => {
      forget()
      onEnd()
    }
    this.#held = { settled, letGo }
  }

  /** Waits for a tick, or until time alone may have made a batch ready: an old enough tick, a member that is dead. */
  async #nextChance(signal: AbortSignal): Promise<void> {
    const { minLagSeconds, subconsumer } = this.#input
    const waitsSeconds = [minLagSeconds || Number.POSITIVE_INFINITY]
    if (subconsumer != null) waitsSeconds.push(this.#deadIntervalSeconds)
    const waitMs = Math.max(MIN_WAIT_MS, Math.min(...waitsSeconds) * 1_000)
    this.#hint ??= this.#hints.next().then(() => {
      this.#hint = undefined
    })
    if (Number.isFinite(waitMs)) await waitAtMost(this.#hint, waitMs, signal)
    else await this.#hint
  }
}
