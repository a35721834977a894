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

/**
 * An outcome that counts as `void` too. A function that returns one at some of its ends only is then accepted under
 * `noImplicitReturns`: the compiler asks for the other returns unless the inferred type has `void` in it.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: `undefined` would not do.
type Returned<Outcome extends EventOutcome> = Outcome & void

const DEFAULT_RETRY_SECONDS = 60
/** The server takes at most ten years. */
export const MAX_RETRY_SECONDS = 315_360_000

/**
 * Makes an outcome for a handler to return: the event is delivered again after so many seconds, default 60.
 *
 * @throws PgqClientError `BAD_INPUT`
 */
export function retry(afterSeconds = DEFAULT_RETRY_SECONDS): Returned<RetryOutcome> {
  const checked = checkNumber('afterSeconds', afterSeconds, 0, MAX_RETRY_SECONDS)
  return { outcome: 'retry', afterSeconds: checked } as Returned<RetryOutcome>
}

/** Makes an outcome for a handler to return: the event becomes a dead letter with this reason. */
export function fail(reason?: string): Returned<FailOutcome> {
  return { outcome: 'fail', reason } as Returned<FailOutcome>
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
