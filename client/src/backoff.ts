import type { PgqClientError } from './errors.ts'
import { MAX_DELAY_MS } from './timer.ts'

const FIRST_MS = 100
const MAX_MS = 10_000

/**
 * The delay doubles with each failed attempt, up to 10 s; chance spreads it, so that clients do not return all at
 * once.
 */
export function backoffMs(attempt: number): number {
  const ceilingMs = Math.min(MAX_MS, FIRST_MS * 2 ** attempt)
  return Math.round(ceilingMs * (0.5 + Math.random() / 2))
}

/** Says after which delay to try again what has failed so often before: that of the server, or one that grows. */
export function retryDelayMs({ retryAfterSeconds }: PgqClientError, attempt: number): number {
  if (retryAfterSeconds === undefined) return backoffMs(attempt)
  return Math.ceil(retryAfterSeconds * 1_000 * (1 + Math.random() / 10))
}

/** Resolves after this long, or as soon as the signal is aborted. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, Math.min(ms, MAX_DELAY_MS))
    signal.addEventListener('abort', end)
  })
}
