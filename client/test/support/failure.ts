import { expect } from 'vitest'
import { PgqClientError } from '../../src/index.ts'

/** Gives the error that a promise is rejected with, which must be one of the client. */
export async function failureOf(promise: Promise<unknown>): Promise<PgqClientError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(PgqClientError)
  return error as PgqClientError
}
