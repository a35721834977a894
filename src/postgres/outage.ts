import { backoffMs, sleep } from '../async/backoff.ts'
import { PgqError } from '../errors.ts'
import { isRetryable } from './sqlstate.ts'

/** A statement that takes too long each time will not get better by being sent again and again. */
const MAX_TIMEOUTS = 3

/** Says whether the same call may succeed by itself after a while: the database is away, busy, or slow. */
export function isOutage(error: unknown): error is PgqError {
  if (!(error instanceof PgqError)) return false
  if (error.sqlstate !== undefined) return isRetryable(error.sqlstate)
  return error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT'
}

/**
 * Runs a read until the database answers: a stream outlives an outage. It throws what waiting does not mend: a
 * caller's mistake, a refused login, a statement that timed out three times.
 *
 * @returns Undefined when the signal was aborted.
 */
export async function untilAvailable<Value>(
  signal: AbortSignal,
  read: () => Promise<Value>,
): Promise<Value | undefined> {
  let timeouts = 0
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await read()
    } catch (error) {
      if (!isOutage(error)) throw error
      if (error.code === 'TIMEOUT' && ++timeouts >= MAX_TIMEOUTS) throw error
      await sleep(backoffMs(attempt, { firstMs: 100, maxMs: 2_000 }), signal)
    }
  }
  return undefined
}
