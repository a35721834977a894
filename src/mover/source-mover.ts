import { backoffMs, sleep } from '../async/backoff.ts'
import type { LiveDatabase } from '../database/live-database.ts'
import { PgqError } from '../errors.ts'
import type { Int8 } from '../int8.ts'
import { type MoverPlan, sourceName } from '../mover-plan.ts'
import { isOutage } from '../postgres/outage.ts'
import { batches, type Sharer } from '../pubsub/batches/batches-stream.ts'
import type { LiveView } from '../pubsub/live-view.ts'
import { reasonOf } from '../reason.ts'
import { finishing } from '../resolvers/batches/finish-batch.ts'
import { touchLeases } from '../resolvers/batches/leases.ts'
import type { BatchRow } from '../resolvers/batches/open-batch.ts'
import { settle } from '../resolvers/batches/settle.ts'
import { addConsumer } from '../resolvers/consumers/consumers.ts'
import { findQueueOrigin, type MoveOutcome } from '../resolvers/movers/moves.ts'
import { BatchReader, type Part } from './batch-reader.ts'
import type { Target } from './targets/target.ts'

/** What a source does in this gateway. */
export type SourceState = 'waiting' | 'moving' | 'paused' | 'retrying' | 'stopped'

/** What a source needs of its mover. */
export interface SourceParts {
  plan: MoverPlan
  source: LiveDatabase
  /** View of the source that its work is shared under. */
  view: LiveView
  target: Target
  /** Records in the target that the source is stopped. */
  stop(source: string, reason: string): Promise<void>
  /** Waits until this gateway may take a source that another one has left. */
  turn(signal: AbortSignal): Promise<void>
  /** Waits until the target neither pauses nor stops the source. */
  cleared(source: string, signal: AbortSignal): Promise<void>
}

const RETRY = { firstMs: 100, maxMs: 10_000 }
/** Number of failures in a row after which a failure is logged: most of them pass. */
const LOGGED_FAILURE = 3

/** Time for which a source is left to others that was given up to them (milliseconds). */
const LEFT_MS = 3_000
/** Time for which a source is not given up again that nobody else has taken, such as one that is not ready for it yet. */
const KEPT = { firstMs: 4_000, maxMs: 300_000 }

/**
 * Moves the batches of one queue, as its consumer: opens a batch under a lease, writes its events into the target together
 * with their tick, then finishes the batch. Of several gateways one has the claim, and the others stand by.
 */
export class SourceMover {
  readonly name: string
  readonly database: string
  readonly #parts: SourceParts
  readonly #closing = new AbortController()
  #state: SourceState = 'waiting'
  #reason: string | null = null
  #failures = 0
  #claim: Parameters<Sharer['changed']>[0] = 'none'
  /** Ends the stream in order to give the source up. */
  #leave: (() => void) | undefined
  #isGivenUp = false
  #keptUntilMs = Number.NEGATIVE_INFINITY
  /** Number of times in a row that nobody else has taken it. */
  #returns = 0
  #running: Promise<void> | undefined

  constructor(parts: SourceParts) {
    this.#parts = parts
    this.database = parts.source.name
    this.name = sourceName(this.database, parts.plan.queue)
  }

  get state(): SourceState {
    return this.#state
  }

  /** Why it is stopped, or what has failed last; null while it works. */
  get reason(): string | null {
    return this.#reason
  }

  /** Whether this gateway has the source, and not another one. */
  get isHeld(): boolean {
    return this.#claim === 'held'
  }

  /** Whether another gateway has it, and this one would take it over. */
  get isStandingBy(): boolean {
    return this.#claim === 'standing by'
  }

  /** Whether it may be given up. */
  get isFree(): boolean {
    const isWell = this.#state === 'waiting' || this.#state === 'moving'
    return this.isHeld && isWell && !this.#isGivenUp && performance.now() > this.#keptUntilMs
  }

  /** Leaves the source to another gateway, after the batch that is moved now; takes it again where none has come for it. */
  giveUp(): void {
    this.#isGivenUp = true
    if (this.#state === 'waiting') this.#leave?.()
  }

  start(): void {
    this.#running ??= this.#run(this.#closing.signal)
  }

  /** Resolves when its claim is released. A batch that it has open stays open, for whoever comes next. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#consume(signal)
        if (this.#isGivenUp) await this.#stayAway(signal)
      } catch (error) {
        if (signal.aborted || (await this.#register(error))) continue
        await this.#recover(error, signal)
      }
    }
  }

  /** Moves batch after batch, until something fails that is not about one batch. */
  async #consume(signal: AbortSignal): Promise<void> {
    const { plan, view, source } = this.#parts
    await untilAborted(source.ready(), signal)
    if (signal.aborted) return
    const { queue, consumer } = plan
    const sharer: Sharer = {
      changed: (claim) => {
        this.#claim = claim
        if (claim !== 'standing by') return
        this.#keptUntilMs = Number.NEGATIVE_INFINITY
        this.#returns = 0
      },
      turn: () => this.#parts.turn(signal),
    }
    const asked = { database: this.database, queue, consumer, standby: true, isPatient: true, sharer }
    const stream = batches(view, asked)
    const end = () => void stream.return()
    this.#leave = end
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    const reader = await this.#makeReader().catch(async (error: unknown) => {
      await stream.return()
      throw error
    })
    try {
      for await (const batch of stream) {
        await this.#moveBatch(batch, reader, signal)
        if (!signal.aborted) this.#worked('waiting')
        if (this.#isGivenUp) break
      }
    } finally {
      signal.removeEventListener('abort', end)
      reader.close()
      await stream.return()
      await stream.closed
    }
  }

  /** Where another gateway takes the source meanwhile, this one stands by; else it has it again, and keeps it. */
  async #stayAway(signal: AbortSignal): Promise<void> {
    await sleep(LEFT_MS, signal)
    this.#isGivenUp = false
    this.#keptUntilMs = performance.now() + backoffMs(this.#returns++, KEPT)
  }

  async #makeReader(): Promise<BatchReader> {
    const { plan, view } = this.#parts
    const { queueId } = await findQueueOrigin(view.database, plan.queue)
    return new BatchReader({
      view,
      queue: plan.queue,
      queueId,
      types: plan.types,
      hasTxids: 'nats' in plan.route,
      share: view.state.memory.moves,
    })
  }

  /** Moves a batch and finishes it, however often that takes, unless its lease is lost. */
  async #moveBatch(batch: BatchRow, reader: BatchReader, signal: AbortSignal): Promise<void> {
    const { view } = this.#parts
    while (!signal.aborted) {
      try {
        if (await this.#moveParts(batch, reader, signal)) {
          await this.#finish(batch)
          return
        }
      } catch (error) {
        reader.close()
        if (signal.aborted || isStale(error)) throw error
        await this.#recover(error, signal)
      }
      if (!signal.aborted && !(await this.#isHeld(batch))) {
        view.state.held.doubt(batch.batchId)
        return
      }
    }
  }

  /** @returns Whether all of the batch is in the target. */
  async #moveParts(batch: BatchRow, reader: BatchReader, signal: AbortSignal): Promise<boolean> {
    const { plan, view } = this.#parts
    this.#state = 'moving'
    // What is in a batch was there before it was opened, and so was what is known of its origin.
    const asked = findQueueOrigin(view.database, plan.queue)
    asked.catch(() => {})
    let after: Int8 | null = null
    for (;;) {
      const part: Part | null = await reader.read(batch, after, signal)
      if (!part) return false
      try {
        const isLast = !part.hasMore
        if (isLast) reader.readAhead(batch)
        const origin = await asked
        const outcome = await this.#parts.target.write({
          source: this.name,
          place: { database: this.database, queue: plan.queue },
          origin,
          prevTickId: batch.prevTickId,
          prevTickTime: batch.startTime,
          tickId: batch.tickId,
          tickTime: batch.endTime,
          after,
          last: part.lastId,
          isLast,
          events: part.columns,
        })
        if (outcome.outcome !== 'moved' && outcome.outcome !== 'done') {
          part.release()
          reader.close()
          await this.#waitFor(outcome, batch, signal)
          return false
        }
        if (isLast) return true
        after = part.lastId
      } finally {
        part.release()
      }
    }
  }

  /** Waits while the target pauses or stops the source. What is unfit stops it: it stays so until somebody decides. */
  async #waitFor({ outcome, reason }: MoveOutcome, batch: BatchRow, signal: AbortSignal): Promise<void> {
    if (outcome === 'unfit') {
      // Another gateway that has taken the batch over may be further: then the target is right, and this one is late.
      if (!(await this.#isHeld(batch))) return
      await this.#parts.stop(this.name, reason ?? '')
    }
    this.#state = outcome === 'paused' ? 'paused' : 'stopped'
    this.#reason = reason
    if (outcome === 'unfit')
      this.#parts.source.database.logger.error(
        `Mover ${this.#parts.plan.name} has stopped at ${this.name}: ${reason}. resetMover lets it go on from where its consumer is`,
      )
    await this.#parts.cleared(this.name, signal)
    this.#worked('moving')
  }

  async #isHeld({ leaseToken }: BatchRow): Promise<boolean> {
    return (await touchLeases(this.#parts.view.database, [leaseToken ?? ''])).length > 0
  }

  async #finish({ batchId, leaseToken }: BatchRow): Promise<void> {
    const { view } = this.#parts
    const values = [batchId, leaseToken, view.database.gatewayId, [], [], [], []]
    await settle(view, finishing, { batchId, leaseToken, values })
  }

  #worked(state: SourceState): void {
    this.#state = state
    this.#reason = null
    this.#failures = 0
  }

  /** Tells of a failure, and waits before the next try. */
  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { plan, source } = this.#parts
    this.#state = 'retrying'
    this.#reason = reasonOf(error)
    this.#failures++
    if (this.#failures === LOGGED_FAILURE && !isOutage(error))
      source.database.logger.warn(
        error,
        `Mover ${plan.name} fails at ${this.name}, and tries again: ${this.#reason}`,
      )
    await sleep(backoffMs(this.#failures, RETRY), signal)
  }

  /** Registers the consumer where that is what is missing. @returns Whether it has. */
  async #register(error: unknown): Promise<boolean> {
    if (!(error instanceof PgqError && error.code === 'CONSUMER_NOT_FOUND')) return false
    const { plan, view } = this.#parts
    return addConsumer(view, { queue: plan.queue, consumer: plan.consumer }).catch(() => false)
  }
}

/** Waits for a promise that may never settle, no longer than until the signal. */
async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { signal: over.signal })
  })
  await Promise.race([promise, aborted]).finally(() => over.abort())
}

function isStale(error: unknown): boolean {
  return error instanceof PgqError && error.code === 'STALE_LEASE'
}
