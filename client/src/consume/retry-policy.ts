import { checkNumber } from '../check-number.ts'
import { MAX_RETRY_SECONDS } from './outcome.ts'

/** Says when an event whose handler throws is delivered again, and how often. */
export interface RetryOptions {
  /** The delay before the second try. Default 1. */
  baseSeconds?: number | undefined
  /** Each further delay is so many times longer. Default 3. */
  factor?: number | undefined
  /** The longest delay. Default 3,600. */
  maxSeconds?: number | undefined
  /** The event becomes a dead letter after so many tries. Default 10, about two hours; Infinity for never. */
  maxTries?: number | undefined
}

/** `tries` counts all deliveries so far: those that followed from `retry()` too. */
export type RetryPolicy = (tries: number) => { afterSeconds: number } | 'give up'

/** @throws PgqClientError `BAD_INPUT` */
export function retryPolicy(options: RetryOptions = {}): RetryPolicy {
  const baseSeconds = checkNumber('baseSeconds', options.baseSeconds ?? 1, 0)
  const factor = checkNumber('factor', options.factor ?? 3, 1)
  const maxSeconds = checkNumber('maxSeconds', options.maxSeconds ?? 3_600, 0, MAX_RETRY_SECONDS)
  const maxTries = checkNumber('maxTries', options.maxTries ?? 10, 1)
  return (tries) => {
    if (tries >= maxTries) return 'give up'
    const ceilingSeconds = Math.min(maxSeconds, baseSeconds * factor ** (tries - 1))
    // Chance keeps events that failed together from returning together.
    const afterSeconds = ceilingSeconds * (0.5 + Math.random() / 2)
    return { afterSeconds: Math.round(afterSeconds * 1_000) / 1_000 }
  }
}
