import { backoffMs, sleep } from '../async/backoff.ts'
import { PgqError } from '../errors.ts'

/** A statement that takes too long each time will not get better by being sent again and again. */
const MAX_TIMEOUTS = 3

/**
 * Runs a read until the database answers: a stream outlives an outage. What waiting does not mend is thrown: what the
 * caller can change, a login that is refused, a statement that timed out three times.
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

/** The call may succeed by itself after a while. */
export function isOutage(error: unknown): error is PgqError {
  if (!(error instanceof PgqError)) return false
  return (error.code === 'UNAVAILABLE' && !error.sqlstate?.startsWith('28')) || error.code === 'TIMEOUT'
}
