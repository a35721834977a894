import { expect, test } from 'vitest'
import { Lease } from '../../src/consume/lease.ts'
import { PgqClientError } from '../../src/errors.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { failureOf } from '../support/failure.ts'

/** A server to which only the token `new` is not stale. */
function lease() {
  const asked: (string | null | undefined)[] = []
  const transport: Transport = {
    isWatched: true,
    async request(_document, variables) {
      const { input } = variables as { input: { leaseToken: string | null } }
      asked.push(input.leaseToken)
      if (input.leaseToken !== 'new') throw new PgqClientError('STALE_LEASE', 'stale')
      return { finishBatch: { finished: true } } as never
    },
    subscribe() {
      throw new Error('not of use here')
    },
  }
  const giveUp = new AbortController()
  const { signal } = giveUp
  const options = { transport, database: 'main', batchId: '1', token: 'old', heartbeatSeconds: null, signal }
  return { asked, giveUp, lease: new Lease({ ...options, onLost: () => {} }) }
}

test('a lease that was refused is settled by the token that its reconnect brings a moment later', async () => {
  const t = lease()
  const settled = t.lease.settle({})
  await Promise.resolve()
  setTimeout(() => t.lease.adopt('new'), 20)
  await settled
  expect(t.asked).toEqual(['old', 'new'])
  expect(t.lease.isLost).toBe(false)
})

test('a lease that was refused is lost when no other token comes', async () => {
  const t = lease()
  expect(await failureOf(t.lease.settle({}))).toMatchObject({ code: 'STALE_LEASE' })
  expect(t.lease.isLost).toBe(true)
  expect(t.asked).toEqual(['old'])
})

test('a lease that was refused waits for no other token once it is given up', async () => {
  const t = lease()
  setTimeout(() => t.giveUp.abort(new Error('given up')), 20)
  await expect(t.lease.settle({})).rejects.toThrow('given up')
  expect(t.asked).toEqual(['old'])
})
