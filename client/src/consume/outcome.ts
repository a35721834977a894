import { checkNumber } from '../check-number.ts'

/** Deliver the event again, with `retry` one higher. */
export interface RetryOutcome {
  readonly outcome: 'retry'
  readonly afterSeconds: number
}

/** Give the event up: it becomes a dead letter. */
export interface FailOutcome {
  readonly outcome: 'fail'
  readonly reason: string | undefined
}

/** What becomes of an event; returning nothing means that it is done. */
export type EventOutcome = RetryOutcome | FailOutcome

const DEFAULT_RETRY_SECONDS = 60
/** The server's: ten years. */
export const MAX_RETRY_SECONDS = 315_360_000

/** To be returned by a handler: deliver this event again after so many seconds, default 60. @throws RangeError */
export function retry(afterSeconds = DEFAULT_RETRY_SECONDS): RetryOutcome {
  return { outcome: 'retry', afterSeconds: checkNumber('afterSeconds', afterSeconds, 0, MAX_RETRY_SECONDS) }
}

/** To be returned by a handler: give this event up, as a dead letter with this reason. */
export function fail(reason?: string): FailOutcome {
  return { outcome: 'fail', reason }
}

/** Undefined for nothing. @throws TypeError for what is neither, as a handler without types may return. */
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
