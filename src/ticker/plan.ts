/** State of a queue that decides when it ticks. Times are milliseconds of one monotonic clock. */
export interface PlannedQueue {
  /** Ticks are inserted from outside, as `queue_external_ticker` says. */
  isExternal: boolean
  isPaused: boolean
  maxCount: number
  maxLagMs: number
  idlePeriodMs: number
  /** Event sequence minus that of the newest tick; zero or less means idle. */
  newEvents: number
  /** Events may have been committed that the sequence does not show as new. */
  isSuspect: boolean
  /** Null before the first tick. */
  lastTickAtMs: number | null
  /** Time between the two newest ticks; null before the second. */
  previousGapMs: number | null
}

/** `events` ticks only if a committed event is in no tick yet; `idle` ticks even without events. */
export type Step = 'events' | 'idle'

export interface Plan {
  /** Null when nothing is due until the queue's state changes. */
  step: Step | null
  /** Due time; one in the past means now. */
  atMs: number
  /** Time that the step may be put off, to share a transaction with other queues. */
  patienceMs: number
}

export interface PlanLimits {
  /**
   * Minimum time between ticks of an idle queue. Milliseconds. PgQ's own rule has no minimum, but pgqd's period of 1 s
   * sets one in practice, and each idle tick is an empty batch for every consumer.
   */
  idleFloorMs: number
  /** Minimum time between a tick and a look for events that it missed. Milliseconds. */
  lookFloorMs: number
}

/** Queues with a smaller max lag are ticked alone, and checked for events before the others. Milliseconds. */
export const FAST_LAG_MS = 1_000
/** Longest time that an idle queue waits to be ticked together with others. Milliseconds. */
const IDLE_PATIENCE_MS = 1_000
/** Share of its max lag that a queue with events waits to be ticked together with others; fast queues do not wait. */
const EVENTS_PATIENCE = 0.05

/**
 * Plans the next tick of a queue by PgQ's rules. With new events it is due as soon as they are `maxCount` or the last
 * tick is `maxLag` old; without, at twice the distance of the last two ticks, at least half of `maxLag` and at most
 * the idle period.
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
