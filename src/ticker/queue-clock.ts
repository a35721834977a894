import {
  EARLY_LAG_MS,
  FAST_LAG_MS,
  type Plan,
  type PlanLimits,
  type PlannedQueue,
  planTick,
  type Step,
} from './plan.ts'
import { hasEnded, parseSnapshot, type Snapshot } from './snapshot.ts'

/** A row of `pgq_gateway.ticker_state`. int8 are decimal strings, times milliseconds. */
export interface QueueRow {
  queue_id: number
  queue_name: string
  is_external: boolean
  is_paused: boolean
  max_count: number
  max_lag_ms: number
  idle_period_ms: number
  event_seq: string
  tick_id: string | null
  tick_event_seq: string | null
  tick_age_ms: number | null
  previous_gap_ms: number | null
  /** Differs after every change of the settings. */
  row_version: string
  snapshot: string
}

/** A row of `pgq_gateway.ticker_step`: the queue after the step, but the `snapshot` before it. */
export interface StepRow extends QueueRow {
  made_tick_id: string | null
}

const manyEvents = 2 ** 31

/**
 * Tracks the state of one queue and plans its next step.
 *
 * The event sequence shows most new events, but not all: an event whose transaction was open while a tick counted it
 * looks old when it commits. So each tick that counted events makes the queue suspect. The event table is looked at
 * once when the next tick may be made, and again whenever a transaction ends that was open at that first look.
 */
export class QueueClock implements PlannedQueue {
  readonly name: string
  readonly queueId: number
  isExternal = false
  isPaused = false
  maxCount = 0
  maxLagMs = 0
  idlePeriodMs = 0
  newEvents = 0
  eventsPerSecond = 0
  isSuspect = true
  lastTickAtMs: number | null = null
  previousGapMs: number | null = null
  lastTickId: string | null = null
  /** Version of the row that the settings were read from. */
  rowVersion = ''
  /** Time at which the last step ended well. */
  steppedAtMs = Number.NEGATIVE_INFINITY
  /** A step is under way, and may miss what is announced meanwhile. */
  isBusy = false
  #eventSeq = '0'
  #tickEventSeq: string | null = null
  /** The event table was not looked at since the last tick that counted events. */
  #awaitsFirstLook = true
  /** Transactions that were open at the first look; they may hold events that the last tick counted. */
  #openThen = new Set<bigint>()
  #publishedDuringStep = false
  /** The events that the sequence shows were not committed at an early step: they wait for max lag. */
  #refusedEarly = false
  /** The step under way has a fresh snapshot. */
  #looksFreshly = false
  #notBeforeMs = 0
  #failures = 0
  #refusals = 0

  constructor(row: QueueRow, nowMs: number) {
    this.name = row.queue_name
    this.queueId = row.queue_id
    this.apply(row, nowMs)
  }

  /** Takes over the queue's state from the database. @returns true for a tick that was not known. */
  apply(row: QueueRow, nowMs: number): boolean {
    this.rowVersion = row.row_version
    this.isExternal = row.is_external
    this.isPaused = row.is_paused
    this.maxCount = row.max_count
    this.maxLagMs = row.max_lag_ms
    this.idlePeriodMs = row.idle_period_ms
    // The age is the server's and a little old by now, so this errs to the late side.
    this.lastTickAtMs = row.tick_age_ms === null ? null : nowMs - agedMs(row.tick_age_ms)
    this.previousGapMs = row.previous_gap_ms
    const isNewTick = row.tick_id !== this.lastTickId
    if (isNewTick) {
      if (row.tick_event_seq !== this.#tickEventSeq) this.#suspect()
      this.eventsPerSecond = this.#rateUntil(row)
    }
    this.lastTickId = row.tick_id
    this.#tickEventSeq = row.tick_event_seq
    this.#setEventSeq(row.event_seq)
    return isNewTick
  }

  /** Returns the events per second up to the newest tick; zero where that is not known. */
  #rateUntil({ tick_event_seq, previous_gap_ms }: QueueRow): number {
    if (this.#tickEventSeq === null || tick_event_seq === null || !previous_gap_ms) return 0
    return (Number(BigInt(tick_event_seq) - BigInt(this.#tickEventSeq)) * 1_000) / previous_gap_ms
  }

  /** Takes over a reading of the event sequence. @returns true when it has advanced. */
  setEventSeq(eventSeq: string): boolean {
    return BigInt(eventSeq) > BigInt(this.#eventSeq) && this.#setEventSeq(eventSeq)
  }

  #setEventSeq(eventSeq: string): boolean {
    const hasMoved = eventSeq !== this.#eventSeq
    this.#eventSeq = eventSeq
    const newEvents = BigInt(eventSeq) - BigInt(this.#tickEventSeq ?? 0)
    this.newEvents = Number(newEvents < manyEvents ? newEvents : manyEvents)
    // Upstream's first tick counts an unused sequence as 1, so the first event seems old.
    if (hasMoved && this.newEvents <= 0) this.#suspect()
    return hasMoved
  }

  /**
   * Tells whether the sequence of ticks is ahead of the newest tick known here, as after another ticker's. A step that is under
   * way brings the newest tick itself.
   */
  lacksTick(tickSeq: string): boolean {
    return !this.isBusy && BigInt(tickSeq) > BigInt(this.lastTickId ?? 0)
  }

  /** Reports that events were committed. */
  published(): void {
    if (this.isBusy) this.#publishedDuringStep = true
    this.#refusedEarly = false
    this.isSuspect = true
    this.newEvents = Math.max(1, this.newEvents)
  }

  /** Makes the queue suspect when a transaction has ended whose events a tick may have counted. @returns whether so. */
  seeSnapshot(snapshot: Snapshot): boolean {
    let hasNews = false
    for (const txid of this.#openThen) {
      if (!hasEnded(txid, snapshot)) continue
      this.#openThen.delete(txid)
      this.isSuspect = true
      hasNews = true
    }
    return hasNews
  }

  /** Tells whether the end of an open transaction may make an old event visible. */
  get awaitsTransactions(): boolean {
    return this.#openThen.size > 0
  }

  /** @param mayBeEarly Whether somebody waits for its ticks. */
  plan(limits: PlanLimits, mayBeEarly = false): Plan {
    const { step, atMs, patienceMs } = planTick(this, limits, mayBeEarly && !this.#refusedEarly)
    return {
      step,
      atMs: Math.max(atMs, this.#notBeforeMs),
      // A failing queue would abort the transaction of the others.
      patienceMs: this.#failures === 0 ? patienceMs : 0,
    }
  }

  /**
   * Tells whether a transaction must begin and end before the next step: only then does a snapshot list every
   * transaction that was open at the last tick.
   */
  get needsFreshSnapshot(): boolean {
    return this.newEvents <= 0 && this.#awaitsFirstLook
  }

  /** Tells whether this queue is checked for events before the others. */
  get isFast(): boolean {
    return this.maxLagMs < FAST_LAG_MS && !this.isExternal && !this.isPaused
  }

  startStep(): void {
    this.isBusy = true
    this.#looksFreshly = this.needsFreshSnapshot
    this.#publishedDuringStep = false
  }

  /** Records a step. @returns true for a tick that was not known. */
  finishStep(step: Step, row: StepRow, nowMs: number): boolean {
    this.isBusy = false
    this.steppedAtMs = nowMs
    this.#failures = 0
    const isRefused = row.made_tick_id === null
    const hadEvents = this.newEvents > 0
    if (isRefused && step === 'events') this.#lookedInVain(row.snapshot)
    const isNewTick = this.apply(row, nowMs)
    if (this.#publishedDuringStep) {
      this.#suspect()
      this.newEvents = Math.max(1, this.newEvents)
    }
    this.#refusedEarly = step === 'early' && isRefused && !this.#publishedDuringStep
    if (step === 'early' && isRefused) {
      this.#notBeforeMs = nowMs + EARLY_LAG_MS
      return isNewTick
    }
    // The server disagrees, or another ticker is at work: try again later.
    this.#refusals = isRefused && hadEvents ? this.#refusals + 1 : 0
    this.#notBeforeMs = isRefused ? nowMs + Math.min(10 * 2 ** this.#refusals, 1_000) : 0
    return isNewTick
  }

  /** @param delayMs Gives the pause after so many earlier failures in a row. */
  failStep(nowMs: number, delayMs: (failures: number) => number): void {
    this.isBusy = false
    this.#notBeforeMs = nowMs + delayMs(this.#failures++)
  }

  #suspect(): void {
    this.isSuspect = true
    this.#awaitsFirstLook = true
  }

  #lookedInVain(snapshot: string): void {
    if (this.#awaitsFirstLook) {
      this.#openThen = new Set(parseSnapshot(snapshot).inProgress)
      // It may lack a transaction that was open at the last tick.
      if (!this.#looksFreshly) return
    }
    this.isSuspect = false
    this.#awaitsFirstLook = false
  }
}

/** Takes a tick of the future, which is left where a clock was set back, for one that is due to be followed. */
function agedMs(tickAgeMs: number): number {
  return tickAgeMs < 0 ? Number.POSITIVE_INFINITY : tickAgeMs
}
