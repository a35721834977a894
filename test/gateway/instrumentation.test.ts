import { test } from 'vitest'
import type { Instrumentation } from '../../src/instrumentation.ts'
import { until } from '../support/deadline.ts'
import { request, requestData, subscribe } from '../support/graphql.ts'
import { createTestGateway, listen, serverOf } from './mounted.ts'

test('everything that a gateway does is told, each in its own words', async () => {
  const told: [keyof Instrumentation, Record<string, unknown>][] = []
  const tell = (kind: keyof Instrumentation) => (event: object) => void told.push([kind, { ...event }])
  const kinds = [
    ...(['statement', 'operation', 'mutation', 'stream'] as const),
    ...(['delivery', 'tick', 'lease', 'connection'] as const),
  ]
  const instrumentation: Instrumentation = Object.fromEntries(kinds.map((kind) => [kind, tell(kind)]))
  const toldOf = (kind: keyof Instrumentation, what: object) =>
    until(
      () => told.some(([each, event]) => each === kind && isPart(what, event)),
      `${kind} ${JSON.stringify(what)}`,
      { describe: () => JSON.stringify(told) },
    )
  {
    await using t = await createTestGateway({ instrumentation })
    await using server = await listen(serverOf(t.gateway))
    await toldOf('connection', { database: 'main', purpose: 'listen', state: 'made' })
    await toldOf('connection', { database: 'main', purpose: 'presence', state: 'made' })

    await requestData(
      server.url,
      'mutation Register { registerConsumer(input: { queue: "q", consumer: "c" }) { registered } }',
    )
    await toldOf('operation', { type: 'mutation', name: 'Register', caller: 'anybody', codes: [] })
    await toldOf('mutation', { mutation: 'registerConsumer', queue: 'q', consumer: 'c', code: null })
    await toldOf('statement', { database: 'main', name: 'register-consumer', role: 'reader', code: null })
    await request(server.url, 'mutation { insertEvent(input: { queue: "none", type: "x" }) { eventId } }')
    await toldOf('operation', { type: 'mutation', name: null, codes: ['QUEUE_NOT_FOUND'] })
    await toldOf('statement', { name: 'insert-events', role: 'writer', code: 'QUEUE_NOT_FOUND' })

    await using consumer = subscribe(
      'SSE',
      server.url,
      'subscription Work { batches(input: { queue: "q", consumer: "c" }) { batchId leaseToken } }',
    )
    const message = consumer.nextData()
    await requestData(server.url, 'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }')
    const { batchId, leaseToken } = (await message).batches
    await toldOf('tick', { database: 'main', queue: 'q' })
    await toldOf('stream', { state: 'opened', name: 'Work', caller: 'anybody' })
    await toldOf('delivery', { name: 'Work', caller: 'anybody' })
    await toldOf('lease', { database: 'main', batchId, state: 'opened' })
    await requestData(
      server.url,
      'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }',
      { input: { batchId, leaseToken } },
    )
    await toldOf('lease', { database: 'main', batchId, state: 'settled' })
    await consumer.stop()
    await toldOf('stream', { state: 'ended', name: 'Work' })
  }
  await toldOf('connection', { database: 'main', purpose: 'presence', state: 'lost' })
})

function isPart(part: object, whole: Record<string, unknown>): boolean {
  return Object.entries(part).every(([key, value]) => JSON.stringify(whole[key]) === JSON.stringify(value))
}
