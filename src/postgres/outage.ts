import { backoffMs, sleep } from '../async/backoff.ts'
import { PgqError } from '../errors.ts'
import { isRetryable } from './sqlstate.ts'

/** Maximum number of time-outs of one read; a statement that is always too slow does not improve by repetition. */
const MAX_TIMEOUTS = 3

/** Says whether the same call may succeed later: the database is unavailable, busy or slow. */
export function isOutage(error: unknown): error is PgqError {
  if (!(error instanceof PgqError)) return false
  if (error.sqlstate !== undefined) return isRetryable(error.sqlstate)
  return error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT'
}

/** Says whether the database cannot be reached or takes no statements, rather than being slow or busy with a lock. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof PgqError) || error.code !== 'UNAVAILABLE') return false
  return error.sqlstate === undefined || /^(08|3D|53|57|58)/.test(error.sqlstate)
}

/**
 * Repeats a read until the database answers, so that a stream outlives an outage. It throws errors that waiting
 * cannot cure: a caller's mistake, a refused login, a statement that timed out three times.
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
