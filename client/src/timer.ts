export type Timer = ReturnType<typeof setTimeout> | undefined

/** Timers of all runtimes fire at once for a longer delay. Milliseconds, 24 days. */
export const MAX_DELAY_MS = 2 ** 31 - 1

/** Starts a timer, unless the delay is Infinity, or longer than any timer can have: that one never fires. */
export function startTimer(action: () => void, delayMs: number): Timer {
  return delayMs > MAX_DELAY_MS ? undefined : setTimeout(action, delayMs)
}

/** Starts an interval, with the same exception. */
export function startInterval(action: () => void, intervalMs: number): Timer {
  return intervalMs > MAX_DELAY_MS ? undefined : setInterval(action, intervalMs)
}
