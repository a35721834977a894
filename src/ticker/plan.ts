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

/**
 * When PgQ's rules want the next tick of a queue: with new events as soon as they are `maxCount` or the last tick is
 * `maxLag` old; without, at twice the distance of the last two ticks, at least half of `maxLag`, at most the idle
 * period.
 */
export function planTick(queue: PlannedQueue, limits: PlanLimits): Plan {
  if (queue.isExternal || queue.isPaused) return { step: null, atMs: Number.POSITIVE_INFINITY }
  const { lastTickAtMs, previousGapMs, maxLagMs } = queue
  if (lastTickAtMs === null) return { step: 'idle', atMs: 0 }
  if (queue.newEvents > 0) {
    return { step: 'events', atMs: queue.newEvents >= queue.maxCount ? 0 : lastTickAtMs + maxLagMs }
  }
  const spacingMs =
    previousGapMs === null ? 0 : Math.max(maxLagMs / 2, Math.min(2 * previousGapMs, queue.idlePeriodMs))
  const idleAtMs = lastTickAtMs + Math.max(spacingMs, limits.idleFloorMs)
  const lookAtMs = lastTickAtMs + Math.max(maxLagMs, limits.lookFloorMs)
  if (queue.isSuspect && lookAtMs < idleAtMs) return { step: 'events', atMs: lookAtMs }
  return { step: 'idle', atMs: idleAtMs }
}
