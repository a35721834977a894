/** What the plan depends on. Times are milliseconds of one monotonic clock. */
export interface PlannedQueue {
  /** Ticks come from elsewhere, or not at all. */
  isExternal: boolean
  isPaused: boolean
  maxCount: number
  maxLagMs: number
  idlePeriodMs: number
  /** By how much the event sequence is ahead of the newest tick's; zero or negative: idle. */
  newEvents: number
  /** Committed events may exist that the sequence does not show to be new. */
  isSuspect: boolean
  /** Null before the first tick. */
  lastTickAtMs: number | null
  /** Between the two newest ticks; null before the second. */
  previousGapMs: number | null
}

/** `events`: tick if there are committed events that no tick has. `idle`: tick though there may be none. */
export type Step = 'events' | 'idle'

export interface Plan {
  /** Null: nothing to do until the queue's state changes. */
  step: Step | null
  /** When; a time in the past means now. */
  atMs: number
  /** It may be so much later, to go with others' in one transaction. Milliseconds. */
  patienceMs: number
}

export interface PlanLimits {
  /**
   * An idle queue ticks no more often than this. Milliseconds. PgQ's own rule has no such bound below, but pgqd's
   * period of 1 s sets one in practice, and each idle tick is an empty batch for every consumer.
   */
  idleFloorMs: number
  /** After a tick, a look for events that it missed waits at least this long. Milliseconds. */
  lookFloorMs: number
}

/** A queue whose max lag is less is ticked by itself, and its events are looked for before others'. Milliseconds. */
export const FAST_LAG_MS = 1_000
/** Idle queues wait for one another so long at most. Milliseconds. */
const IDLE_PATIENCE_MS = 1_000
/** Queues with events that need not be ticked within a second wait for this share of their max lag. */
const EVENTS_PATIENCE = 0.05

/**
 * When PgQ's rules want the next tick of a queue: with new events as soon as they are `maxCount` or the last tick is
 * `maxLag` old; without, at twice the distance of the last two ticks, at least half of `maxLag`, at most the idle
 * period.
 */
export function planTick(queue: PlannedQueue, limits: PlanLimits): Plan {
  if (queue.isExternal || queue.isPaused) return { step: null, atMs: Number.POSITIVE_INFINITY, patienceMs: 0 }
  const { lastTickAtMs, previousGapMs, maxLagMs } = queue
  if (lastTickAtMs === null) return { step: 'idle', atMs: 0, patienceMs: 0 }
  const eventsPatienceMs = maxLagMs < FAST_LAG_MS ? 0 : Math.min(maxLagMs * EVENTS_PATIENCE, IDLE_PATIENCE_MS)
  if (queue.newEvents > 0) {
    return queue.newEvents >= queue.maxCount
      ? { step: 'events', atMs: 0, patienceMs: 0 }
      : { step: 'events', atMs: lastTickAtMs + maxLagMs, patienceMs: eventsPatienceMs }
  }
  const spacingMs =
    previousGapMs === null ? 0 : Math.max(maxLagMs / 2, Math.min(2 * previousGapMs, queue.idlePeriodMs))
  const idleAtMs = lastTickAtMs + Math.max(spacingMs, limits.idleFloorMs)
  const lookAtMs = lastTickAtMs + Math.max(maxLagMs, limits.lookFloorMs)
  if (queue.isSuspect && lookAtMs < idleAtMs) {
    return { step: 'events', atMs: lookAtMs, patienceMs: eventsPatienceMs }
  }
  return { step: 'idle', atMs: idleAtMs, patienceMs: Math.min(IDLE_PATIENCE_MS, limits.idleFloorMs) }
}
