import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { startGateway } from '../support/gateway.ts'
import { requestData, subscribe } from '../support/graphql.ts'
import { startTraffic } from './traffic.ts'

const shiftedClock = new URL('shifted-clock.mjs', import.meta.url).href

const offSeconds = [600, -600]

test('gateways whose clocks are ten minutes off, one fast and one slow, deliver, take over and retry as others do', {
  timeout: 60_000,
}, async () => {
  await using fixture = await createTestDatabase()
  const [fast, slow] = await Promise.all(
    offSeconds.map((seconds) =>
      startGateway(fixture.url, {
        preload: shiftedClock,
        environment: { CLOCK_SHIFT_SECONDS: String(seconds), LOG_LEVEL: 'debug' },
      }),
    ),
  )
  if (!fast || !slow) throw new Error('there must be two')
  await using _fast = fast
  await using _slow = slow
  for (const [index, gateway] of [fast, slow].entries()) {
    const [, time] = /"time":(\d+)/.exec(gateway.output()) ?? []
    const off = (Number(time) - Date.now()) / 1_000
    expect(Math.abs(off - (offSeconds[index] ?? 0)), 'the clock of the gateway').toBeLessThan(60)
  }
  const urls = () => [fast.url, slow.url].flatMap((url) => url ?? [])
  await using traffic = await startTraffic({ urls, databaseUrl: fixture.url })
  for (const url of urls()) await retriesInTime(url)
  // Each gateway dies once; the other, whose clock is off in the other direction, takes over.
  for (const gateway of [fast, slow]) {
    const over = traffic.ledger.fault('kill')
    await gateway.kill()
    await traffic.flows(10_000)
    await gateway.start()
    over()
  }
  await traffic.finish()
})

/** Expects an event retried after a second to come back then, not ten minutes later or at once. */
async function retriesInTime(url: string): Promise<void> {
  const queue = `retry-${new URL(url).port}`
  await requestData(
    url,
    `mutation ($queue: String!) { createQueue(input: { name: $queue }) { created }
      registerConsumer(input: { queue: $queue, consumer: "c" }) { registered } }`,
    { queue },
  )
  await using stream = subscribe(
    'SSE',
    url,
    `subscription ($queue: String!) { batches(input: { queue: $queue, consumer: "c" }) {
      batchId leaseToken events { eventId retry } } }`,
    { queue },
  )
  await requestData(
    url,
    'mutation ($queue: String!) { insertEvent(input: { queue: $queue, type: "x" }) { eventId } }',
    { queue },
  )
  let retriedAt = 0
  await until(async () => {
    const { batches: batch } = await stream.nextData(10_000)
    const [event] = batch.events
    const retries = event && event.retry === null ? [{ eventId: event.eventId, afterSeconds: 1 }] : []
    if (retries.length > 0) retriedAt = performance.now()
    await requestData(
      url,
      'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }',
      { input: { batchId: batch.batchId, leaseToken: batch.leaseToken, retries } },
    )
    return event?.retry === 1
  }, 'the retry')
  const tookMs = performance.now() - retriedAt
  expect(tookMs).toBeGreaterThan(900)
  expect(tookMs).toBeLessThan(6_000)
}
