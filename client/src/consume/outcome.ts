import { checkNumber } from '../check-number.ts'

/** The event is delivered again, with `retry` one higher. */
export interface RetryOutcome {
  readonly outcome: 'retry'
  readonly afterSeconds: number
}

/** The event becomes a dead letter. */
export interface FailOutcome {
  readonly outcome: 'fail'
  readonly reason: string | undefined
}

/** An outcome says what becomes of an event; without one it is done. */
export type EventOutcome = RetryOutcome | FailOutcome

const DEFAULT_RETRY_SECONDS = 60
/** The server takes at most ten years. */
export const MAX_RETRY_SECONDS = 315_360_000

/**
 * Makes an outcome for a handler to return: the event is delivered again after so many seconds, default 60. @throws
 * PgqClientError `BAD_INPUT`
 */
export function retry(afterSeconds = DEFAULT_RETRY_SECONDS): RetryOutcome {
  return { outcome: 'retry', afterSeconds: checkNumber('afterSeconds', afterSeconds, 0, MAX_RETRY_SECONDS) }
}

/** Makes an outcome for a handler to return: the event becomes a dead letter with this reason. */
export function fail(reason?: string): FailOutcome {
  return { outcome: 'fail', reason }
}

/** Checks what a handler returned. @throws TypeError for a value that is neither an outcome nor undefined. */
export function toOutcome(value: unknown): EventOutcome | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'object' && value !== null && 'outcome' in value) {
    if (value.outcome === 'retry' && 'afterSeconds' in value && typeof value.afterSeconds === 'number') {
      return retry(value.afterSeconds)
    }
    if (value.outcome === 'fail') {
      return fail('reason' in value && typeof value.reason === 'string' ? value.reason : undefined)
    }
  }
  throw new TypeError('A handler of events returns retry(…), fail(…) or nothing')
}
