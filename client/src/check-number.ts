import { PgqClientError } from './errors.ts'

/** Checks a number that a caller gives, by the name of its option. @throws PgqClientError `BAD_INPUT` */
export function checkNumber(
  name: string,
  value: number,
  min: number,
  max = Number.POSITIVE_INFINITY,
): number {
  if (typeof value === 'number' && value >= min && value <= max) return value
  const message = `${name} must be a number from ${min} to ${max}, got ${String(value)}`
  throw new PgqClientError('BAD_INPUT', message, { field: name })
}

/** Checks a duration that must be longer than 0; Infinity is none. @throws PgqClientError `BAD_INPUT` */
export function checkTimeoutMs(name: string, value: number): number {
  if (typeof value === 'number' && value > 0) return value
  const message = `${name} must be more than 0 milliseconds, Infinity for no limit, got ${String(value)}`
  throw new PgqClientError('BAD_INPUT', message, { field: name })
}
