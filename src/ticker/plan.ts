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
  /** Rate of events between the two newest ticks. */
  eventsPerSecond: number
  /** Events may have been committed that the sequence does not show as new. */
  isSuspect: boolean
  /** Null before the first tick. */
  lastTickAtMs: number | null
  /** Time between the two newest ticks; null before the second. */
  previousGapMs: number | null
}

/**
 * `events` ticks only if a committed event is in no tick yet; `early` does so although the last tick is younger than max lag; `idle`
 * ticks even without events.
 */
export type Step = 'early' | 'events' | 'idle'

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

/** Distance of ticks for those who wait for them, as long as events are few: nearly each has a tick of its own then. Milliseconds. */
export const EARLY_LAG_MS = 10
/** Rate of events from which that distance grows in proportion. */
const FEW_PER_SECOND = 200

/** Queues with a smaller max lag are ticked alone, and checked for events before the others. Milliseconds. */
export const FAST_LAG_MS = 1_000
/** Longest time that an idle queue waits to be ticked together with others. Milliseconds. */
const IDLE_PATIENCE_MS = 1_000
/** Share of its max lag that a queue with events waits to be ticked together with others; fast queues do not wait. */
const EVENTS_PATIENCE = 0.05

/** Time that a look for missed events waits at least: all queues are looked at when a ticker begins, which takes one connection then. */
const LOOK_PATIENCE_MS = 10

/**
 * Plans the next tick of a queue by PgQ's rules. With new events it is due as soon as they are `maxCount` or the last
 * tick is `maxLag` old; without, at twice the distance of the last two ticks, at least half of `maxLag` and at most
 * the idle period.
 *
 * @param mayBeEarly Whether somebody waits for the tick. A fast queue with few events does not make them wait for max lag then.
 */
export function planTick(queue: PlannedQueue, limits: PlanLimits, mayBeEarly = false): Plan {
  if (queue.isExternal || queue.isPaused) return { step: null, atMs: Number.POSITIVE_INFINITY, patienceMs: 0 }
  const { lastTickAtMs, previousGapMs, maxLagMs } = queue
  if (lastTickAtMs === null) return { step: 'idle', atMs: 0, patienceMs: 0 }
  const eventsPatienceMs = maxLagMs < FAST_LAG_MS ? 0 : Math.min(maxLagMs * EVENTS_PATIENCE, IDLE_PATIENCE_MS)
  if (queue.newEvents > 0) {
    if (queue.newEvents >= queue.maxCount) return { step: 'events', atMs: 0, patienceMs: 0 }
    const earlyLagMs = mayBeEarly ? earlyLagMsOf(queue) : maxLagMs
    return earlyLagMs < maxLagMs
      ? { step: 'early', atMs: lastTickAtMs + earlyLagMs, patienceMs: 0 }
      : { step: 'events', atMs: lastTickAtMs + maxLagMs, patienceMs: eventsPatienceMs }
  }
  const spacingMs =
    previousGapMs === null ? 0 : Math.max(maxLagMs / 2, Math.min(2 * previousGapMs, queue.idlePeriodMs))
  const idleAtMs = lastTickAtMs + Math.max(spacingMs, limits.idleFloorMs)
  const lookAtMs = lastTickAtMs + Math.max(maxLagMs, limits.lookFloorMs)
  if (queue.isSuspect && lookAtMs < idleAtMs) {
    return { step: 'events', atMs: lookAtMs, patienceMs: Math.max(eventsPatienceMs, LOOK_PATIENCE_MS) }
  }
  return { step: 'idle', atMs: idleAtMs, patienceMs: Math.min(IDLE_PATIENCE_MS, limits.idleFloorMs) }
}

function earlyLagMsOf({ maxLagMs, eventsPerSecond }: PlannedQueue): number {
  if (maxLagMs >= FAST_LAG_MS) return maxLagMs
  return EARLY_LAG_MS * Math.max(1, eventsPerSecond / FEW_PER_SECOND)
}
