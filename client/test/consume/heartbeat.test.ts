import { describe, expect, test } from 'vitest'
import { startTestServer } from '../../../test/support/server.ts'
import { startTcpProxy } from '../../../test/support/tcp-proxy.ts'
import { type Batch, type ConsumeProblem, createClient } from '../../src/index.ts'
import { Received } from '../support/received.ts'
import { transports } from '../support/transports.ts'

const queue = { tickerMaxLagSeconds: 0.01 }

describe.each(transports)('over $name', ({ createClient }) => {
  test('a worker that is gone without the server noticing loses its batch to the one that stands by', async () => {
    await using server = await startTestServer({ socketPingMs: 200 })
    await using proxy = await startTcpProxy(server.url)
    const client = createClient({ url: server.url })
    await client.createQueue('orders', queue)
    const lost = new Received<{ batch: Batch; release: () => void }>()
    const gone = createClient({ url: proxy.url }).consume(
      'orders',
      { consumer: 'billing', heartbeatSeconds: 1, onProblem: () => {} },
      (batch) => new Promise((resolve) => lost.push({ batch, release: () => resolve() })),
    )
    await gone.ready
    await client.publish('orders', { data: 'a' })
    const { batch, release } = await lost.next()
    const taken = new Received<Batch>()
    await using _successor = client.consume('orders', { consumer: 'billing', standby: true }, (each) => {
      taken.push(each)
    })
    // No server listens there, so the worker cannot come back.
    proxy.target = 'http://127.0.0.1:9/'
    proxy.cutUnnoticed()
    expect((await taken.next('the batch at the successor')).batchId).toBe(batch.batchId)
    release()
    await gone.stop({ deadlineMs: 1 }).catch(() => {})
  })
})

test('a handler that takes longer than the heartbeat keeps its batch', async () => {
  await using server = await startTestServer()
  const client = createClient({ url: server.url })
  await client.createQueue('orders', queue)
  const attempts = new Received<Batch>()
  const problems: ConsumeProblem[] = []
  const options = {
    consumer: 'billing',
    heartbeatSeconds: 1,
    onProblem: (problem: ConsumeProblem) => problems.push(problem),
  }
  await using consumption = client.consume('orders', options, async (batch) => {
    attempts.push(batch)
    if (attempts.all.length === 1) await new Promise((resolve) => setTimeout(resolve, 2_500))
  })
  await consumption.ready
  await client.publish('orders', { data: 'a' })
  const first = await attempts.next()
  await client.publish('orders', { data: 'b' })
  const second = await attempts.next('the next batch')
  expect([first, second].map((batch) => batch.events.map((event) => event.data))).toEqual([['a'], ['b']])
  expect(problems).toEqual([])
})
