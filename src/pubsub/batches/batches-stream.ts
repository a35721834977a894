import { randomUUID } from 'node:crypto'
import { Bell } from '../../async/bell.ts'
import { PgqError } from '../../errors.ts'
import { untilAvailable } from '../../postgres/outage.ts'
import { reasonOf } from '../../reason.ts'
import type { Ending } from '../../resolvers/batches/held-batches.ts'
import { touchLeases } from '../../resolvers/batches/leases.ts'
import { type BatchRow, type NextBatchInput, openBatch } from '../../resolvers/batches/open-batch.ts'
import { LATE_ANSWER_MS } from '../../resolvers/batches/settle.ts'
import { Prefetch } from '../../resolvers/events/prefetch.ts'
import { checkIntervals } from '../../resolvers/seconds.ts'
import type { LiveView } from '../live-view.ts'
import { createStream, type Stream, type StreamSource } from '../stream.ts'
import type { LatestHints } from '../ticks/latest-hints.ts'
import type { Standby } from './claims.ts'
import { MinLagPolls } from './min-lag-polls.ts'

/** Who shares subscriptions with other gateways, and so must know which it has. */
export interface Sharer {
  /** Told whether the stream has its subscription, or stands by for it. */
  changed(state: 'held' | 'standing by' | 'none'): void
  /** Waits until it is right to take what another one may have left. */
  turn(): Promise<void>
}

export interface BatchesInput extends NextBatchInput {
  /** Name of a member of a cooperative consumer; both are registered where missing. */
  subconsumer?: string | null | undefined
  /** Time after which the group may take the batch of a member whose connection is gone (seconds, default 30). */
  deadIntervalSeconds?: number | null | undefined
  /**
   * Longest time that a batch may be open without `touchBatch` before the stream ends (seconds). It detects dead
   * workers behind a half-open connection; null means that the connection alone counts.
   */
  heartbeatSeconds?: number | null | undefined
  /** Whether to wait while another worker has the consumer, and take over; otherwise that is `CONSUMER_BUSY`. */
  standby: boolean
  /** Whether events that nobody announced may take a second to come where all is quiet. Default false. */
  isPatient?: boolean
  sharer?: Sharer
}

const DEFAULT_DEAD_INTERVAL_SECONDS = 30

/**
 * Consumes durably: opens the next batch under a lease, delivers it, and continues when it is settled on any
 * connection. States: claiming the subscription → waiting for a batch → holding one → waiting … until the end, which
 * releases the claim. A batch that is open then stays open: the next worker gets it under a new lease.
 *
 * @throws PgqError `BAD_INPUT` for intervals out of range.
 */
export function batches(view: LiveView, input: BatchesInput): Stream<BatchRow> {
  for (const field of ['deadIntervalSeconds', 'heartbeatSeconds'] as const) {
    const seconds = input[field]
    if (seconds != null && !(seconds >= 1 && seconds <= 86_400)) {
      throw new PgqError('BAD_INPUT', `${field} must be from 1 to 86400`, { field })
    }
  }
  checkIntervals(input, ['minLagSeconds', 'minIntervalSeconds'])
  return view.live.streams.add(createStream(new BatchesSource(view, input)))
}

class BatchesSource implements StreamSource<BatchRow> {
  readonly #view: LiveView
  readonly #input: BatchesInput
  readonly #deadIntervalSeconds: number
  readonly #streamId = randomUUID()
  readonly #hints: LatestHints
  /** Rings when the awaited condition may have changed, and at the end. */
  readonly #bell = new Bell()
  #isListening = false
  readonly #minLagPolls: MinLagPolls | undefined
  /** Reads ahead where the next batch is predictable: without conditions it ends at the next tick. */
  readonly #prefetch: Prefetch | undefined
  #isClaimed = false
  #hasWorked = false
  #failure: { error: unknown } | undefined
  #standby: Standby | undefined
  #held: { ended: Promise<Ending>; letGo: () => void } | undefined
  #releasing: Promise<void> | undefined

  constructor(view: LiveView, input: BatchesInput) {
    this.#view = view
    this.#input = input
    this.#deadIntervalSeconds = input.deadIntervalSeconds ?? DEFAULT_DEAD_INTERVAL_SECONDS
    this.#hints = view.live.feed.subscribe(input.queue, undefined, input.isPatient)
    const { subconsumer, minLagSeconds, minCount, minIntervalSeconds } = input
    const isForeseen = subconsumer == null && !minLagSeconds && !minCount && !minIntervalSeconds
    this.#prefetch = isForeseen ? new Prefetch(view.database, view.state) : undefined
    this.#minLagPolls = input.minLagSeconds ? new MinLagPolls(input.minLagSeconds * 1_000) : undefined
  }

  async pull(signal: AbortSignal): Promise<BatchRow | undefined> {
    try {
      return await this.#next(signal)
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  async #next(signal: AbortSignal): Promise<BatchRow | undefined> {
    const ending = await this.#held?.ended
    this.#held = undefined
    if (ending === 'silent') {
      const message = `No touchBatch for ${this.#input.heartbeatSeconds} s: the worker counts as gone; subscribe again`
      throw new PgqError('TIMEOUT', message, { field: 'heartbeatSeconds' })
    }
    const next = typeof ending === 'object' ? ending.next : undefined
    if (next && !signal.aborted) return this.#hold(next, true)
    while (!signal.aborted) {
      if (!this.#isClaimed && !(await this.#claim(signal))) continue
      const askedAt = performance.now()
      const batch = await untilAvailable(signal, () => this.#open(signal))
      const isLate = performance.now() - askedAt > LATE_ANSWER_MS
      if (batch && isLate && !(await this.#isHeld(batch, signal))) continue
      if (signal.aborted) break
      if (batch) return this.#hold(batch, false)
      if (this.#isClaimed) await this.#waitForChange()
    }
    return undefined
  }

  interrupt(failure = this.#failure): void {
    if (this.#hasWorked) {
      const reason = failure ? reasonOf(failure.error) : 'its subscription has ended'
      this.#view.live.workers.left(this.#input, reason)
    }
    this.#hints.end()
    this.#held?.letGo()
    this.#prefetch?.close()
    this.#bell.ring()
    this.#leaveStandby()
    this.#input.sharer?.changed('none')
    this.#releasing = this.#view.live.claims.release(this.#streamId)
  }

  async close(): Promise<void> {
    await this.#releasing
  }

  /** Tries once to claim the subscription, and waits for a better moment where that fails. */
  async #claim(signal: AbortSignal): Promise<boolean> {
    const { claims } = this.#view.live
    if (this.#input.standby) this.#standby ??= claims.standBy(this.#input, () => this.#bell.ring())
    const holder = await untilAvailable(signal, () => claims.claim(this.#input, this.#streamId))
    if (holder === undefined) return false
    if (holder === null) {
      this.#isClaimed = true
      if (!this.#hasWorked) this.#view.live.workers.came(this.#input)
      this.#hasWorked = true
      this.#leaveStandby()
      this.#input.sharer?.changed('held')
    } else if (this.#standby) {
      this.#standby.isHeldBy(holder)
      this.#input.sharer?.changed('standing by')
      await this.#bell.wait()
      await this.#input.sharer?.turn()
    } else {
      const message =
        'Another worker is consuming this; wait for it with standby: true, or use a cooperative member'
      throw new PgqError('CONSUMER_BUSY', message, { field: 'consumer' })
    }
    return this.#isClaimed
  }

  #leaveStandby(): void {
    this.#standby?.leave()
    this.#standby = undefined
  }

  async #open(signal: AbortSignal): Promise<BatchRow | null> {
    const { subconsumer } = this.#input
    try {
      if (subconsumer == null) return await openBatch(this.#view.database, this.#input, this.#streamId)
      const input = { ...this.#input, subconsumer, deadIntervalSeconds: this.#deadIntervalSeconds }
      return await this.#view.opens.open(input, this.#streamId, signal)
    } catch (error) {
      if (!(error instanceof PgqError && error.code === 'CONSUMER_BUSY')) throw error
      // The claim is lost: another worker took it while this gateway counted as dead, or a failover lost it.
      this.#isClaimed = false
      this.#input.sharer?.changed('none')
      return null
    }
  }

  async #isHeld({ leaseToken }: BatchRow, signal: AbortSignal): Promise<boolean> {
    const held = await untilAvailable(signal, () => touchLeases(this.#view.database, [leaseToken ?? '']))
    return held !== undefined && held.length > 0
  }

  /** Keeps the batch's lease until it is settled or lost, and has the next batch opened along with its settlement. */
  #hold(batch: BatchRow, isOpenedOnSettling: boolean): BatchRow {
    const { subconsumer, heartbeatSeconds } = this.#input
    let resolve = (_ending: Ending) => {}
    const ended = new Promise<Ending>((resolveEnded) => {
      resolve = resolveEnded
    })
    const isMember = subconsumer != null
    const { queue, consumer } = this.#input
    this.#view.state.holders.set(batch.batchId, { queue, consumer })
    const forget = this.#view.live.leases.keep({
      batchId: batch.batchId,
      token: batch.leaseToken ?? '',
      // The members of a group find out by themselves which batch comes next.
      next: isMember ? undefined : { input: this.#input, streamId: this.#streamId },
      deadIntervalMs: isMember ? this.#deadIntervalSeconds * 1_000 : Number.POSITIVE_INFINITY,
      maxSilenceMs: heartbeatSeconds == null ? Number.POSITIVE_INFINITY : heartbeatSeconds * 1_000,
      onEnd: resolve,
    })
    const letGo = () => {
      forget()
      resolve({ next: undefined })
    }
    this.#held = { ended, letGo }
    return this.#prefetch?.follow(batch, isOpenedOnSettling) ?? batch
  }

  /** Waits for a tick, or until time alone may make a batch ready: an old enough tick, or a dead member. */
  async #waitForChange(): Promise<void> {
    const { takeovers } = this.#view.live
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
    await this.#bell.wait(this.#minLagPolls?.nextMs)
    stopWaiting()
  }

  /** Rings at the next tick. Harmless when repeated. */
  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    void this.#hints.next().then(() => {
      this.#isListening = false
      this.#minLagPolls?.start()
      this.#bell.ring()
    })
  }
}
