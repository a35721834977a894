import { expect, test } from 'vitest'
import { PgqError } from '../../src/errors.ts'
import { Counts } from '../../src/rates/counts.ts'
import { networkOf } from '../../src/rates/network.ts'
import { Rate } from '../../src/rates/rate.ts'
import { until } from '../support/deadline.ts'
import { collectGarbage } from '../support/garbage.ts'

const refusalOf = async (spent: Promise<void>) => {
  const error = await spent.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error !== null && !(error instanceof PgqError)) throw error
  return error
}

test('gives what a second has at once, refuses more with the time until then, and forgets nobody else', async () => {
  const rate = new Rate(3, 'requests')
  for (let n = 0; n < 3; n++) await rate.spend('a', 1)
  const refused = await refusalOf(rate.spend('a', 1))
  expect(refused).toMatchObject({ code: 'LIMIT_EXCEEDED' })
  expect(refused?.retryAfterSeconds).toBeGreaterThan(0)
  expect(refused?.retryAfterSeconds).toBeLessThanOrEqual(1)
  expect(refused?.message).toContain('3 requests per second')
  await rate.spend('b', 3)
  await until(async () => (await refusalOf(rate.spend('a', 1))) === null, 'another second', {
    timeoutMs: 3_000,
  })
})

test('lets what is larger than a second has pass, and the payer wait for what it has overspent', async () => {
  const rate = new Rate(10, 'events')
  await rate.spend('a', 1_000)
  const refused = await refusalOf(rate.spend('a', 1))
  expect(refused?.retryAfterSeconds).toBeGreaterThan(99)
  expect(refused?.retryAfterSeconds).toBeLessThanOrEqual(100.2)
})

test('a refusal costs nothing: the wait does not grow with tries', async () => {
  const rate = new Rate(1, 'requests')
  await rate.spend('a', 1)
  for (let n = 0; n < 50; n++) expect(await refusalOf(rate.spend('a', 1))).not.toBeNull()
  expect((await refusalOf(rate.spend('a', 1)))?.retryAfterSeconds).toBeLessThanOrEqual(1)
})

test('what a flood of payers has spent is forgotten with its second', async () => {
  const rate = new Rate(5, 'requests')
  const held = () => {
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  const before = held()
  for (let n = 0; n < 100_000; n++) await rate.spend(`address ${n}`, 1)
  const most = held() - before
  expect(most).toBeGreaterThan(5_000_000)
  await until(() => held() - before < most / 10, 'the end of the second', { timeoutMs: 10_000 })
})

test('counts what is open until it is released, once for each release', () => {
  const counts = new Counts(2)
  const first = counts.tryTake('a')
  expect(counts.tryTake('a')).not.toBeNull()
  expect(counts.tryTake('a')).toBeNull()
  expect(counts.tryTake('b')).not.toBeNull()
  first?.release()
  first?.release()
  expect(counts.tryTake('a')).not.toBeNull()
  expect(counts.tryTake('a')).toBeNull()
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
  ['2001:0DB8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['', ''],
])('%s is of the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
