import { linkedController } from '../abort.ts'
import { backoffMs, sleep } from '../backoff.ts'
import { checkNumber } from '../check-number.ts'
import { PgqClientError } from '../errors.ts'
import type { Event } from '../event.ts'
import type { Target } from '../target.ts'
import { startTimer } from '../timer.ts'
import type { Batch, BatchAttempt } from './batch.ts'
import type { BatchSource, OpenedBatch } from './batch-source.ts'
import type { ConsumeOptions } from './consume-options.ts'
import type { Lease } from './lease.ts'
import { openSource } from './open-source.ts'
import { type ConsumeProblem, printProblem } from './problem.ts'
import { type RetryPolicy, retryPolicy } from './retry-policy.ts'

/**
 * Called for each batch that has events. Its return settles the batch, with what it retried, failed and published. A throw
 * settles nothing: the batch stays open, and is given to the handler again, whole, after a delay that grows.
 */
export type BatchHandler<Types extends object = object, BatchEvent extends Event = Event> = (
  batch: Batch<Types, BatchEvent>,
) => void | Promise<void>

/** The work on the batches of a consumer, by a handler of either kind. */
export interface BatchWork {
  /** Gives a batch to the handler, which may know how to change what the server refuses to settle. */
  work(batch: BatchAttempt, stopping: AbortSignal): Promise<Amend | undefined>
  /** Says how often a batch is worked on that the server refuses to settle, and after which delays. */
  readonly policy: RetryPolicy
}

/** Changes what is settled. @returns False for an error after which that does not help. */
export type Amend = (error: unknown, isLastTry: boolean) => boolean

/** @throws PgqClientError `BAD_INPUT` for options that make no sense. */
export function workOnBatch({ retries }: ConsumeOptions, handler: BatchHandler): BatchWork {
  return {
    async work(batch) {
      await handler(batch)
      return undefined
    },
    policy: retryPolicy(retries),
  }
}

export interface StopOptions {
  /** How long the batch in work may take yet, before it is left open. Milliseconds, default 30,000; Infinity for no limit. */
  deadlineMs?: number | undefined
}

export interface Consumption extends AsyncDisposable {
  /** Resolves when the consumer is registered and connected: events published from then on reach it. */
  readonly ready: Promise<void>
  /** Resolves after a stop. @throws PgqClientError that waiting does not cure, such as CONSUMER_BUSY. */
  readonly done: Promise<void>
  /** Finishes and settles the batch in work, opens no other, and resolves when that is done. @throws as `done`. */
  stop(options?: StopOptions): Promise<void>
}

const STOP_DEADLINE_MS = 30_000

export function consume(target: Target, options: ConsumeOptions, work: BatchWork): Consumption {
  const consumer = new BatchConsumer(target, options, work)
  const stop = (stopOptions?: StopOptions) => consumer.stop(stopOptions)
  return { ready: consumer.ready, done: consumer.done, stop, [Symbol.asyncDispose]: () => stop() }
}

/** Why a batch is not settled, and after which delay to try again, where that helps. */
interface Failure {
  error: unknown
  retryInMs?: number
}

class BatchConsumer {
  readonly ready: Promise<void>
  readonly done: Promise<void>
  readonly #source: BatchSource
  readonly #batchWork: BatchWork
  readonly #onProblem: (problem: ConsumeProblem) => void
  readonly #stopping = new AbortController()
  #isWorking = false

  constructor(target: Target, options: ConsumeOptions, batchWork: BatchWork) {
    const { signal } = options
    this.#batchWork = batchWork
    this.#onProblem = options.onProblem ?? printProblem
    let onReady = () => {}
    const connected = new Promise<void>((resolve) => {
      onReady = resolve
    })
    this.#source = openSource(target, options, onReady)
    const stop = () => void this.stop().catch(() => {})
    this.done = this.#run().finally(() => signal?.removeEventListener('abort', stop))
    this.ready = Promise.race([connected, this.done])
    // The problem `ended` has told; who wants to know more looks at one of the two.
    this.done.catch(() => {})
    this.ready.catch(() => {})
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop)
  }

  async stop({ deadlineMs = STOP_DEADLINE_MS }: StopOptions = {}): Promise<void> {
    checkNumber('deadlineMs', deadlineMs, 0)
    this.#stopping.abort()
    // While a handler works, the connection is its heartbeat.
    if (!this.#isWorking) this.#source.disconnect()
    const timer = startTimer(() => {
      this.#source.giveUp(new DOMException(`Not done within ${deadlineMs} ms of the stop`, 'TimeoutError'))
    }, deadlineMs)
    await this.done.finally(() => clearTimeout(timer))
  }

  async #run(): Promise<void> {
    try {
      for (let opened = await this.#source.next(); opened; opened = await this.#source.next()) {
        const isOver = await this.#work(opened)
        if (!isOver) return
      }
    } catch (error) {
      this.#onProblem({ kind: 'ended', error })
      throw error
    } finally {
      this.#source.giveUp(new DOMException('Consuming has ended', 'AbortError'))
    }
  }

  /** Gives the batch to the handler until it is settled or lost. @returns False when a stop leaves it open. */
  async #work(opened: OpenedBatch): Promise<boolean> {
    const { lease } = opened
    for (let number = 1; ; number++) {
      const failure = await this.#traced(opened.attempt(number), lease)
      if (!failure) return true
      if (!lease.isLost) {
        if (this.#source.givenUp.aborted) return false
        const { error, retryInMs = 0 } = failure
        if (failure.retryInMs === undefined && !this.#stopping.signal.aborted) throw error
        this.#onProblem({ kind: 'handler', error, batchId: lease.batchId, attempt: number, retryInMs })
        await this.#pause(retryInMs, lease.signal)
      }
      if (lease.isLost) {
        this.#onProblem({ kind: 'stale', error: lease.signal.reason, batchId: lease.batchId })
        return true
      }
      if (this.#stopping.signal.aborted) return false
    }
  }

  #traced(batch: BatchAttempt, lease: Lease): Promise<Failure | undefined> {
    const attempt = () => this.#attempt(batch, lease)
    if (!lease.tracing || batch.events.length === 0) return attempt()
    return lease.tracing.processBatch(batch, attempt, (failure) => failure?.error)
  }

  /** @returns Undefined when the batch is settled; no delay when another attempt would not help. */
  async #attempt(batch: BatchAttempt, lease: Lease): Promise<Failure | undefined> {
    let amend: Amend | undefined
    try {
      if (batch.events.length > 0) amend = await this.#handle(batch)
    } catch (error) {
      return { error, retryInMs: backoffMs(batch.attempt) }
    }
    const verdict = this.#batchWork.policy(batch.attempt)
    const isLastTry = verdict === 'give up' && !this.#stopping.signal.aborted
    for (;;) {
      try {
        await batch.finish()
        return undefined
      } catch (error) {
        if (lease.isHeld && amend?.(error, isLastTry)) continue
        if (!(error instanceof PgqClientError)) return { error }
        if (!isRefusal(error)) return { error, retryInMs: backoffMs(batch.attempt) }
        return verdict === 'give up' ? { error } : { error, retryInMs: verdict.afterSeconds * 1_000 }
      }
    }
  }

  /** Waits for the handler to end, even when the batch is lost: one batch at a time. Only a stop's deadline cuts it short. */
  async #handle(batch: BatchAttempt): Promise<Amend | undefined> {
    const { givenUp } = this.#source
    let cut = () => {}
    const cutShort = new Promise<never>((_, reject) => {
      cut = () => reject(givenUp.reason)
    })
    givenUp.addEventListener('abort', cut)
    this.#isWorking = true
    try {
      return await Promise.race([this.#batchWork.work(batch, this.#stopping.signal), cutShort])
    } finally {
      this.#isWorking = false
      givenUp.removeEventListener('abort', cut)
      // Before the batch is settled, or the server would open the next one for a worker that leaves.
      if (this.#stopping.signal.aborted) this.#source.disconnect()
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const either = linkedController(signal, this.#stopping.signal)
    await sleep(ms, either.signal)
    either.unlink()
  }
}

/** True when the same settlement would be refused again, however long one waits. */
function isRefusal(error: PgqClientError): boolean {
  return ['LIMIT_EXCEEDED', 'BAD_INPUT', 'EVENT_NOT_FOUND'].includes(error.code)
}
