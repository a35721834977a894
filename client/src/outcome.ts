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

/** @throws RangeError */
export function checkNumber(
  name: string,
  value: number,
  min: number,
  max = Number.POSITIVE_INFINITY,
): number {
  if (typeof value === 'number' && value >= min && value <= max) return value
  throw new RangeError(`${name} must be a number from ${min} to ${max}, got ${String(value)}`)
}

/** UTF-16 units. */
const MAX_REASON_LENGTH = 1_000

/** A text that PostgreSQL takes and a person reads: bounded, without NUL and halves of surrogate pairs. */
export function toReason(error: unknown): string {
  const text = [...textOf(error).slice(0, MAX_REASON_LENGTH)]
  return text.map((character) => (isStorable(character) ? character : '\u{fffd}')).join('')
}

function isStorable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  return code !== 0 && (code < 0xd800 || code > 0xdfff)
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message || error.name : String(error)
  } catch {
    return 'an error that cannot be shown'
  }
}
