import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { request, requestData, subscribe } from '../support/graphql.ts'
import { nextTailEvents } from '../support/read-events.ts'
import { startTestServer } from '../support/server.ts'

test.each([
  ['the event table', 'alter table pgq.event_1 rename to elsewhere'],
  ['a table of the rotation', 'drop table pgq.event_1_1'],
  ['the sequence of events', 'drop sequence pgq.event_1_id_seq cascade'],
  ['the sequence of ticks', 'drop sequence pgq.event_1_tick_seq'],
])('a queue that has lost %s stops no other queue, and can be dropped', async (_, damage) => {
  await using fixture = await createTestDatabase()
  await using server = await startTestServer({ fixture })
  for (const name of ['broken', 'whole']) {
    await requestData(
      server.url,
      `mutation { createQueue(input: { name: "${name}", tickerMaxLagSeconds: 0.01 }) { created }
        registerConsumer(input: { queue: "${name}", consumer: "c" }) { registered } }`,
    )
  }
  const admin = await fixture.connect()
  await admin.query(damage)
  await admin.end()
  await using tail = subscribe(
    'SSE',
    server.url,
    'subscription { tail(queue: "whole", after: 1) { ... on TickBatch { events { type } } } }',
  )
  await requestData(server.url, 'mutation { insertEvent(input: { queue: "whole", type: "x" }) { eventId } }')
  const events = await nextTailEvents(tail)
  expect(events).toEqual([{ type: 'x' }])
  const { queues } = await requestData(
    server.url,
    '{ queues(first: 9) { nodes { name eventsPerSecond lastTickId } } }',
  )
  expect(queues.nodes.map((queue: { name: string }) => queue.name)).toEqual(['broken', 'whole'])
  expect(
    await request(server.url, 'mutation { dropQueue(input: { name: "broken", force: true }) { dropped } }'),
  ).toEqual({
    data: { dropQueue: { dropped: true } },
  })
})
