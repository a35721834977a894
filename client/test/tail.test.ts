import { expect, test } from 'vitest'
import { createCaller } from '../../src/caller.ts'
import { until } from '../../test/support/deadline.ts'
import { startTestServer } from '../../test/support/server.ts'
import { createClient } from '../src/index.ts'

test('a tail needs no more than a grant for some events of the queue', async () => {
  const all = createCaller({ name: 'all', grants: ['admin'] })
  const some = createCaller({ name: 'some', grants: ['read:main/orders?extra1=a'] })
  await using server = await startTestServer({
    authenticate: ({ headers }) => (headers.authorization === 'Bearer all' ? all : some),
  })
  const root = createClient({ url: server.url, token: 'all' })
  await root.createQueue('orders', { tickerMaxLagSeconds: 0.01 })
  const seen: (string | null)[] = []
  const stopping = new AbortController()
  const read = async () => {
    const tenant = createClient({ url: server.url, token: 'some' })
    for await (const message of tenant.tail('orders', { signal: stopping.signal })) {
      if (message.__typename === 'TickBatch') seen.push(...message.events.map(({ data }) => data))
    }
  }
  const reading = read()
  await Promise.race([
    reading,
    until(async () => {
      await root.publish(
        'orders',
        ['b', 'a'].map((tenant) => ({ data: tenant, extra1: tenant })),
      )
      return seen.length > 1
    }, 'events'),
  ])
  stopping.abort()
  await reading
  expect([...new Set(seen)]).toEqual(['a'])
})
