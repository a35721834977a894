import { randomUUID } from 'node:crypto'
import { Bell } from '../../async/bell.ts'
import { PgqError } from '../../errors.ts'
import type { Database } from '../../postgres/connections.ts'
import { untilAvailable } from '../../postgres/outage.ts'
import { touchLeases } from '../../resolvers/batches/leases.ts'
import { type BatchRow, type NextBatchInput, nextBatch } from '../../resolvers/batches/next-batch.ts'
import { openShared } from '../../resolvers/batches/open-batcher.ts'
import { awaitSuccession, LATE_ANSWER_MS } from '../../resolvers/batches/open-next.ts'
import type { Context } from '../../resolvers/context.ts'
import { EventsAhead } from '../../resolvers/events/prefetch.ts'
import { createStream, type Stream, type StreamSource } from '../stream.ts'
import type { Slot } from '../ticks/latest-hints.ts'
import type { TickFeed } from '../ticks/tick-feed.ts'
import type { Claims, Standby } from './claims.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import { Ripening } from './min-lag-polls.ts'
import type { TakeoverWatch } from './takeover-watch.ts'

export interface BatchesInput extends NextBatchInput {
  /** A member of a cooperative consumer; both are registered where they are missing. */
  subconsumer?: string | null | undefined
  /** A member whose connection is gone loses its batch to the group after this. Default 30. */
  deadIntervalSeconds?: number | null | undefined
  /**
   * The stream ends when its batch is open for this long without `touchBatch`. For a connection that may be dead without
   * telling; null: the connection alone counts.
   */
  heartbeatSeconds?: number | null | undefined
  /** Wait while another worker has the consumer, and take over from it; else that is `CONSUMER_BUSY`. */
  standby: boolean
}

/** How a batch has come to its end here: its worker was silent for too long, or else what was opened along with it, if anything. */
type Ending = 'silent' | { next: BatchRow | undefined }

const DEFAULT_DEAD_INTERVAL_SECONDS = 30

interface Parts {
  database: Database
  feed: TickFeed
  leases: LeaseKeeper
  claims: Claims
  takeovers: TakeoverWatch
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
  /** Rung for whatever may change the answer to what is waited for, and at the end. */
  readonly #bell = new Bell()
  #isListening = false
  readonly #ripening: Ripening | undefined
  /** Only where the next batch can be foreseen: without conditions it ends at the next tick. */
  readonly #ahead: EventsAhead | undefined
  #isClaimed = false
  #standby: Standby | undefined
  #held: { ended: Promise<Ending>; letGo: () => void } | undefined
  #releasing: Promise<void> | undefined

  constructor(context: Context, parts: Parts, input: BatchesInput) {
    this.#context = context
    this.#parts = parts
    this.#input = input
    this.#deadIntervalSeconds = input.deadIntervalSeconds ?? DEFAULT_DEAD_INTERVAL_SECONDS
    this.#hints = parts.feed.subscribe(input.queue)
    const { subconsumer, minLagSeconds, minCount, minIntervalSeconds } = input
    const isForeseen = subconsumer == null && !minLagSeconds && !minCount && !minIntervalSeconds
    this.#ahead = isForeseen ? new EventsAhead(parts.database) : undefined
    this.#ripening = input.minLagSeconds ? new Ripening(input.minLagSeconds * 1_000) : undefined
  }

  async pull(signal: AbortSignal): Promise<BatchRow | undefined> {
    const ending = await this.#held?.ended
    this.#held = undefined
    if (ending === 'silent') {
      const message = `No touchBatch for ${this.#input.heartbeatSeconds} s: the worker counts as gone; subscribe again`
      throw new PgqError('TIMEOUT', message, { field: 'heartbeatSeconds' })
    }
    if (ending?.next && !signal.aborted) return this.#hold(ending.next, true)
    while (!signal.aborted) {
      if (!this.#isClaimed && !(await this.#claim(signal))) continue
      const askedAt = performance.now()
      const batch = await untilAvailable(signal, () => this.#open(signal))
      const isLate = performance.now() - askedAt > LATE_ANSWER_MS
      if (batch && isLate && !(await this.#isHeld(batch, signal))) continue
      if (signal.aborted) break
      if (batch) return this.#hold(batch, false)
      if (this.#isClaimed) await this.#nextChance()
    }
    return undefined
  }

  interrupt(): void {
    this.#hints.end()
    this.#held?.letGo()
    this.#ahead?.close()
    this.#bell.ring()
    this.#standUp()
    this.#releasing = this.#parts.claims.release(this.#streamId)
  }

  async close(): Promise<void> {
    await this.#releasing
  }

  /** One attempt, and where that fails a wait for a better chance. */
  async #claim(signal: AbortSignal): Promise<boolean> {
    const { claims } = this.#parts
    if (this.#input.standby) this.#standby ??= claims.standBy(this.#input, () => this.#bell.ring())
    const holder = await untilAvailable(signal, () => claims.claim(this.#input, this.#streamId))
    if (holder === undefined) return false
    if (holder === null) {
      this.#isClaimed = true
      this.#standUp()
    } else if (this.#standby) {
      this.#standby.isHeldBy(holder)
      await this.#bell.wait()
    } else {
      const message =
        'Another worker is consuming this; wait for it with standby: true, or use a cooperative member'
      throw new PgqError('CONSUMER_BUSY', message, { field: 'consumer' })
    }
    return this.#isClaimed
  }

  #standUp(): void {
    this.#standby?.leave()
    this.#standby = undefined
  }

  async #open(signal: AbortSignal): Promise<BatchRow | null> {
    const { subconsumer } = this.#input
    try {
      if (subconsumer == null) return await nextBatch(this.#context, this.#input, this.#streamId)
      const input = { ...this.#input, subconsumer, deadIntervalSeconds: this.#deadIntervalSeconds }
      return await openShared(this.#context, input, this.#streamId, signal)
    } catch (error) {
      if (!(error instanceof PgqError && error.code === 'CONSUMER_BUSY')) throw error
      // The claim is gone: to another worker while this gateway counted as dead, or with what the database forgot.
      this.#isClaimed = false
      return null
    }
  }

  async #isHeld({ leaseToken }: BatchRow, signal: AbortSignal): Promise<boolean> {
    const held = await untilAvailable(signal, () => touchLeases(this.#parts.database, [leaseToken ?? '']))
    return held !== undefined && held.length > 0
  }

  /** Keeps its lease until it is settled or lost, and has the next one opened along with its end. */
  #hold(batch: BatchRow, isSuccessor: boolean): BatchRow {
    const { database, leases } = this.#parts
    const { subconsumer, heartbeatSeconds } = this.#input
    const token = batch.leaseToken ?? ''
    let next: BatchRow | undefined
    let resolve = (_ending: Ending) => {}
    const ended = new Promise<Ending>((resolveEnded) => {
      resolve = resolveEnded
    })
    const input = this.#input
    const onOpened = (opened: BatchRow) => {
      next = opened
    }
    // What the group is owed next is for its members to find out.
    const takeBack =
      subconsumer == null
        ? awaitSuccession(database, token, { input, streamId: this.#streamId, onOpened })
        : () => {}
    const end = (ending: Ending) => {
      takeBack()
      resolve(ending)
    }
    const forget = leases.keep({
      batchId: batch.batchId,
      token,
      deadIntervalMs: subconsumer == null ? Number.POSITIVE_INFINITY : this.#deadIntervalSeconds * 1_000,
      onEnd: () => end({ next }),
      silence:
        heartbeatSeconds == null
          ? undefined
          : { maxMs: heartbeatSeconds * 1_000, onExceeded: () => end('silent') },
    })
    const letGo = () => {
      forget()
      end({ next: undefined })
    }
    this.#held = { ended, letGo }
    return this.#ahead?.follow(batch, isSuccessor) ?? batch
  }

  /** Waits for a tick, or until time alone may have made a batch ready: an old enough tick, a member that is dead. */
  async #nextChance(): Promise<void> {
    const { takeovers } = this.#parts
    const { queue, consumer, subconsumer } = this.#input
    this.#listen()
    const stopWaiting =
      subconsumer == null
        ? () => {}
        : takeovers.wait({
            queue,
            consumer,
            deadIntervalMs: this.#deadIntervalSeconds * 1_000,
            wake: () => this.#bell.ring(),
          })
    await this.#bell.wait(this.#ripening?.nextMs)
    stopWaiting()
  }

  /** Rings for the next tick, if that is not arranged for already. */
  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    void this.#hints.next().then(() => {
      this.#isListening = false
      this.#ripening?.start()
      this.#bell.ring()
    })
  }
}
