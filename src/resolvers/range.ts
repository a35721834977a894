import { PgqError } from '../errors.ts'

/** Checks an argument that must be from 1 to a largest value. @throws PgqError `BAD_INPUT`. */
export function requireRange(field: string, value: number, most: number): void {
  if (value >= 1 && value <= most) return
  throw new PgqError('BAD_INPUT', `${field} must be from 1 to ${most}, got ${value}`, { field })
}
