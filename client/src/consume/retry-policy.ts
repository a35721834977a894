import { checkNumber } from '../check-number.ts'
import { MAX_RETRY_SECONDS } from './outcome.ts'

/** What becomes of an event whose handler throws. */
export interface RetryOptions {
  /** Before the second try. Default 1. */
  baseSeconds?: number | undefined
  /** How much longer each further delay is. Default 3. */
  factor?: number | undefined
  /** The longest delay. Default 3,600. */
  maxSeconds?: number | undefined
  /** After so many tries the event becomes a dead letter. Default 10, about two hours; Infinity for never. */
  maxTries?: number | undefined
}

/** `tries` counts all deliveries so far: those that followed from `retry()` too. */
export type RetryPolicy = (tries: number) => { afterSeconds: number } | 'give up'

/** @throws RangeError */
export function retryPolicy(options: RetryOptions = {}): RetryPolicy {
  const baseSeconds = checkNumber('baseSeconds', options.baseSeconds ?? 1, 0)
  const factor = checkNumber('factor', options.factor ?? 3, 1)
  const maxSeconds = checkNumber('maxSeconds', options.maxSeconds ?? 3_600, 0, MAX_RETRY_SECONDS)
  const maxTries = checkNumber('maxTries', options.maxTries ?? 10, 1)
  return (tries) => {
    if (tries >= maxTries) return 'give up'
    const ceilingSeconds = Math.min(maxSeconds, baseSeconds * factor ** (tries - 1))
    // Chance, so that events that failed together do not return together.
    const afterSeconds = ceilingSeconds * (0.5 + Math.random() / 2)
    return { afterSeconds: Math.round(afterSeconds * 1_000) / 1_000 }
  }
}
