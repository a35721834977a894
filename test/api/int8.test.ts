import { expect, test } from 'vitest'
import { requestData, subscribe } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

const BEYOND_NUMBERS = '9007199254740993'

test('ids beyond 2^53 keep every digit on their way out and back in', async () => {
  await using server = await startTestServer()
  const ask = (query: string, variables = {}) => requestData(server.url, query, variables)
  await ask(
    'mutation { createQueue(input: { name: "q" }) { created } registerConsumer(input: { queue: "q", consumer: "c" }) { registered } }',
  )
  const client = await server.fixture.connect()
  for (const sequence of ['pgq.event_1_id_seq', 'pgq.event_1_tick_seq', 'pgq.batch_id_seq']) {
    await client.query('select setval($1, $2, false)', [sequence, BEYOND_NUMBERS])
  }
  await client.end()
  await using tail = subscribe(
    'SSE',
    server.url,
    'subscription { tail(queue: "q", after: 1) { ... on TickBatch { tickId events { eventId } } } }',
  )
  const { insertEvent } = await ask('mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }')
  expect(insertEvent.eventId).toBe(BEYOND_NUMBERS)
  for (;;) {
    const { tickId, events } = (await tail.nextData()).tail
    if (events.length === 0) continue
    expect(events).toEqual([{ eventId: BEYOND_NUMBERS }])
    expect(BigInt(tickId)).toBeGreaterThanOrEqual(BigInt(BEYOND_NUMBERS))
    break
  }
  for (;;) {
    const { batch } = (
      await ask(
        'mutation { nextBatch(input: { queue: "q", consumer: "c" }) { batch { batchId leaseToken events { eventId } } } }',
      )
    ).nextBatch
    expect(BigInt(batch.batchId)).toBeGreaterThanOrEqual(BigInt(BEYOND_NUMBERS))
    const { batchId, leaseToken } = batch
    if (batch.events.length > 0) {
      const input = { batchId, leaseToken, eventId: batch.events[0].eventId, afterSeconds: 60 }
      const { retryEvent } = await ask(
        'mutation ($input: RetryEventInput!) { retryEvent(input: $input) { retried } }',
        { input },
      )
      expect(retryEvent.retried).toBe(true)
      return
    }
    await ask('mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }', {
      input: { batchId, leaseToken },
    })
  }
})

test('timestamps keep their microseconds', async () => {
  await using server = await startTestServer()
  await requestData(server.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
  const client = await server.fixture.connect()
  // Rotation, which sets the time anew, must not be due.
  await client.query(
    `update pgq.queue set queue_switch_time = '2026-11-21 20:30:00.123456+01', queue_rotation_period = '100 years'`,
  )
  await client.end()
  const { queue } = await requestData(server.url, '{ queue(name: "q") { switchTime } }')
  expect(queue.switchTime).toBe('2026-11-21T19:30:00.123456Z')
})
