import { expect, test } from 'vitest'
import { withDeadline } from '../../../test/support/deadline.ts'
import { startTestServer } from '../../../test/support/server.ts'
import { type Batch, createClient } from '../../src/index.ts'
import { Received } from '../support/received.ts'

/** A handler that works until it is told to end. */
function slowHandler() {
  const received = new Received<Batch>()
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const handler = async (batch: Batch) => {
    received.push(batch)
    await finished
  }
  return { received, handler, finish: () => finish() }
}

test.each(['stop', 'signal'] as const)('finishes and settles the batch in work after a %s', async (how) => {
  await using server = await startTestServer()
  const client = createClient({ url: server.url })
  await client.createQueue('orders', { tickerMaxLagSeconds: 0.01 })
  const { received, handler, finish } = slowHandler()
  const control = new AbortController()
  const options = { consumer: 'billing', signal: control.signal }
  const consumption = client.consume('orders', options, handler)
  await consumption.ready
  await client.publish('orders', { data: 'in work' })
  await received.next()
  await client.publish('orders', { data: 'next' })
  let isDone = false
  if (how === 'signal') control.abort()
  const done = (how === 'stop' ? consumption.stop() : consumption.done).then(() => {
    isDone = true
  })
  await client.createQueue('a round trip')
  expect(isDone).toBe(false)
  finish()
  await withDeadline(done, 'the end')
  expect(received.all).toHaveLength(1)

  const next = new Received<string | null>()
  await using _second = client.consume('orders', { consumer: 'billing' }, (batch) => {
    for (const event of batch.events) next.push(event.data)
  })
  expect(await next.next()).toBe('next')
})

test('opens no batch for a member that leaves while others work', async () => {
  await using server = await startTestServer()
  const client = createClient({ url: server.url })
  await client.createQueue('orders', { tickerMaxLagSeconds: 0.01 })
  const { received, handler, finish } = slowHandler()
  const leaving = client.consume('orders', { consumer: 'group', subconsumer: 'one' }, handler)
  await leaving.ready
  await client.publish('orders', { data: 'in work' })
  await received.next()
  await client.publish('orders', { data: 'next' })
  const stopped = leaving.stop()
  finish()
  await withDeadline(stopped, 'the end')
  const next = new Received<string | null>()
  await using _other = client.consume('orders', { consumer: 'group', subconsumer: 'two' }, (batch) => {
    for (const event of batch.events) next.push(event.data)
  })
  // This comes far sooner than the dead interval of 30 s.
  expect(await next.next()).toBe('next')
})

test('ends at the deadline of a stop when the handler does not, and leaves the batch open', async () => {
  await using server = await startTestServer()
  const client = createClient({ url: server.url })
  await client.createQueue('orders', { tickerMaxLagSeconds: 0.01 })
  const { received, handler } = slowHandler()
  const consumption = client.consume('orders', { consumer: 'billing', onProblem: () => {} }, handler)
  await consumption.ready
  await client.publish('orders', { data: 'in work' })
  const { batchId, signal } = await received.next()
  await withDeadline(consumption.stop({ deadlineMs: 50 }), 'the end')
  expect(signal.aborted).toBe(true)

  const again = new Received<Batch>()
  await using _second = client.consume('orders', { consumer: 'billing' }, (batch) => again.push(batch))
  expect(await again.next()).toMatchObject({ batchId })
})

test('ends at once when there is nothing in work, and when it is stopped twice', async () => {
  await using server = await startTestServer()
  const client = createClient({ url: server.url })
  await client.createQueue('orders')
  const consumption = client.consume('orders', { consumer: 'billing' }, () => {})
  await consumption.ready
  await withDeadline(Promise.all([consumption.stop(), consumption.stop()]), 'the end', 1_000)
})

test('ends while the server cannot be reached', async () => {
  const client = createClient({ url: 'http://127.0.0.1:1/graphql' })
  const consumption = client.consume('orders', { consumer: 'billing', onProblem: () => {} }, () => {})
  await withDeadline(consumption.stop(), 'the end', 1_000)
})

test('waits for a handler as long as it takes with deadlineMs: Infinity', async () => {
  await using server = await startTestServer()
  const client = createClient({ url: server.url })
  await client.createQueue('orders', { tickerMaxLagSeconds: 0.01 })
  const { received, handler, finish } = slowHandler()
  const consumption = client.consume('orders', { consumer: 'billing' }, handler)
  await consumption.ready
  await client.publish('orders', { data: 'in work' })
  const { signal } = await received.next()
  const stopped = consumption.stop({ deadlineMs: Number.POSITIVE_INFINITY })
  // Timers that are too long fire at once; this one fires after them.
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(signal.aborted).toBe(false)
  finish()
  await withDeadline(stopped, 'the end')
})

test.each([Number.NaN, -1])('refuses deadlineMs: %d, and goes on', async (deadlineMs) => {
  const client = createClient({ url: 'http://127.0.0.1:1/graphql' })
  await using consumption = client.consume('orders', { consumer: 'a', onProblem: () => {} }, () => {})
  await expect(consumption.stop({ deadlineMs })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    field: 'deadlineMs',
  })
})
