import { backoffMs, sleep } from '../database/backoff.ts'
import { PgqError } from '../errors.ts'

/**
 * Runs a read until the database answers: a stream outlives an outage. What the caller can change is thrown at once.
 *
 * @returns Undefined when the signal was aborted.
 */
export async function untilAvailable<Value>(
  signal: AbortSignal,
  read: () => Promise<Value>,
): Promise<Value | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await read()
    } catch (error) {
      const isOutage = error instanceof PgqError && (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT')
      if (!isOutage) throw error
      await sleep(backoffMs(attempt, { firstMs: 100, maxMs: 2_000 }), signal)
    }
  }
  return undefined
}

/** Resolves with the first of: the promise, the time, the abort. The timer never outlives the wait. */
export async function waitAtMost(promise: Promise<unknown>, ms: number, signal: AbortSignal): Promise<void> {
  const timer = new AbortController()
  try {
    await Promise.race([promise, sleep(ms, AbortSignal.any([signal, timer.signal]))])
  } finally {
    timer.abort()
  }
}
