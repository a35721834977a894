import { expect, test } from 'vitest'
import { Credentials } from '../../src/access/credentials.ts'
import { until } from '../support/deadline.ts'

test('credentials that are revoked while a stream is being opened end it, though they never expire', async () => {
  const credentials = new Credentials()
  credentials.revoke()
  let ends = 0
  credentials.onEnd(() => ends++)
  await until(() => ends > 0, 'the end of the stream')
  credentials.revoke()
  expect(ends).toBe(1)
})

test('whoever takes the wish back is not told', () => {
  const credentials = new Credentials()
  let ends = 0
  credentials.onEnd(() => ends++)()
  credentials.revoke()
  expect(ends).toBe(0)
})
