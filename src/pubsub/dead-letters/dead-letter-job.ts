import { randomUUID } from 'node:crypto'
import { type ErrorCode, PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import { untilAvailable } from '../../postgres/outage.ts'
import type { DatabaseView } from '../../resolvers/database-view.ts'
import {
  type DeadLetterAction,
  type MatchingLetters,
  settleMatching,
} from '../../resolvers/dead-letters/matching-dead-letters.ts'
import { createStream, type Stream } from '../stream.ts'

export type JobState = 'running' | 'finished' | 'cancelled' | 'failed'

/** How far a job is. Each report is an object of its own, which stays as it is. */
export interface JobReport {
  readonly jobId: string
  readonly database: string
  readonly action: DeadLetterAction
  readonly queue: string
  readonly consumer: string | null
  readonly state: JobState
  /** Number of dead letters that met the filter at the start. */
  readonly total: Int8
  readonly done: number
  /** Number of those that stay, since their consumer is not registered any more. */
  readonly failed: number
  readonly startedBy: string
  readonly startedAt: string
  readonly endedAt: string | null
  /** Why it has failed. */
  readonly errorCode: ErrorCode | null
}

/** Number of dead letters in the first portion. */
const FIRST_PORTION = 500
/** Maximum number of dead letters in one transaction. */
const MAX_PORTION = 5_000
/** Portions grow or shrink towards this time (milliseconds): other transactions wait for its locks. */
const PORTION_MS = 500

/** Works on many dead letters in portions, each in a transaction of its own: one that is cut short can be started again. */
export class DeadLetterJob {
  readonly #view: DatabaseView
  readonly #letters: MatchingLetters
  readonly #until: Int8 | null
  readonly #ending = new AbortController()
  readonly #watchers = new Set<() => void>()
  #running: Promise<JobReport> | undefined
  #report: JobReport

  constructor(
    view: DatabaseView,
    action: DeadLetterAction,
    letters: MatchingLetters,
    { count, lastId }: { count: Int8; lastId: Int8 | null },
    startedBy: string,
  ) {
    this.#view = view
    this.#letters = letters
    this.#until = lastId
    this.#report = {
      jobId: randomUUID(),
      database: view.name,
      action,
      queue: letters.queue,
      consumer: letters.consumer,
      state: 'running',
      total: count,
      done: 0,
      failed: 0,
      startedBy,
      startedAt: new Date().toISOString(),
      endedAt: null,
      errorCode: null,
    }
  }

  get report(): JobReport {
    return this.#report
  }

  /** Works until the end; it never rejects. */
  run(): Promise<JobReport> {
    this.#running ??= this.#run()
    return this.#running
  }

  /** Ends the job after the portion that is under way. */
  async cancel(): Promise<void> {
    this.#ending.abort()
    await this.#running
  }

  /** Gives the latest report at once, then later ones as fast as they are read, and ends after that of the end. */
  watch(): Stream<JobReport> {
    let given: JobReport | undefined
    let wake = () => {}
    const watcher = () => wake()
    this.#watchers.add(watcher)
    return createStream({
      pull: async (signal) => {
        while (!signal.aborted) {
          if (given !== this.#report) {
            given = this.#report
            return given
          }
          if (given.state !== 'running') return undefined
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
        return undefined
      },
      interrupt: () => {
        wake()
        this.#watchers.delete(watcher)
      },
    })
  }

  async #run(): Promise<JobReport> {
    try {
      const isDone = await this.#work()
      this.#tell({ state: isDone ? 'finished' : 'cancelled' })
    } catch (error) {
      const errorCode = error instanceof PgqError ? error.code : 'INTERNAL'
      this.#view.database.logger.error({ err: error }, `Job ${this.#report.jobId} on dead letters has failed`)
      this.#tell({ state: 'failed', errorCode })
    }
    return this.#report
  }

  /** @returns Whether nothing is left to do. */
  async #work(): Promise<boolean> {
    const { signal } = this.#ending
    const until = this.#until
    if (until === null) return true
    let after: Int8 = '0'
    let limit = FIRST_PORTION
    while (!signal.aborted) {
      const startedMs = performance.now()
      const portion = await untilAvailable(signal, () =>
        settleMatching(this.#view, this.#report.action, this.#letters, { after, until, limit }).catch(
          (error: unknown) => {
            // A portion that takes too long is smaller the next time.
            limit = Math.ceil(limit / 4)
            throw error
          },
        ),
      )
      if (!portion) return false
      if (portion.lastId === null) return true
      after = portion.lastId
      limit = nextLimit(limit, performance.now() - startedMs)
      const { done, failed } = this.#report
      this.#tell({ done: done + portion.done, failed: failed + portion.failed })
    }
    return false
  }

  #tell(change: Partial<JobReport>): void {
    const isEnd = change.state !== undefined
    this.#report = { ...this.#report, ...change, endedAt: isEnd ? new Date().toISOString() : null }
    for (const watcher of this.#watchers) watcher()
  }
}

function nextLimit(limit: number, tookMs: number): number {
  if (tookMs > 2 * PORTION_MS) return Math.ceil(limit / 2)
  return tookMs < PORTION_MS ? Math.min(MAX_PORTION, 2 * limit) : limit
}
