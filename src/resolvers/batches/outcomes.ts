import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Context } from '../context.ts'

/** What becomes of events of a batch that are not done. */
export interface Outcomes {
  retries?: readonly { eventId: Int8; afterSeconds: number }[] | null | undefined
  failures?: readonly { eventId: Int8; reason?: string | null | undefined }[] | null | undefined
}

/**
 * Returns the outcomes as SQL takes them: ids and delays of retries, ids and reasons of failures.
 *
 * @throws PgqError `LIMIT_EXCEEDED`; `BAD_INPUT` for a delay.
 */
export function outcomeColumns({ budget }: Context, input: Outcomes): unknown[] {
  const retries = input.retries ?? []
  const failures = input.failures ?? []
  budget.spendEvents('retries', retries.length)
  budget.spendEvents('failures', failures.length)
  for (const [index, retry] of retries.entries())
    checkSeconds(`retries[${index}].afterSeconds`, retry.afterSeconds)
  return [
    retries.map((retry) => retry.eventId),
    retries.map((retry) => retry.afterSeconds),
    failures.map((failure) => failure.eventId),
    failures.map((failure) => failure.reason ?? null),
  ]
}

/** Checks a delay. @throws PgqError `BAD_INPUT` when it is negative or longer than ten years. */
export function checkSeconds(field: string, seconds: number): void {
  if (!(seconds >= 0 && seconds <= 315_360_000)) {
    throw new PgqError('BAD_INPUT', `${field} must be from 0 to 315360000 seconds, got ${seconds}`, { field })
  }
}
