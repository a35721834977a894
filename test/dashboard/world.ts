import type { TestDatabase } from '../support/database.ts'
import type { Data } from '../support/graphql.ts'

export const hostile = '<img src=x onerror="document.title=1">'

/** Sends an operation that must succeed, as somebody who may do everything. */
export type Send = (query: string, variables?: Data) => Promise<Data>

/** Makes a database in which something is wrong: a consumer that blocks rotation, one that is behind, dead letters. */
export async function makeWorld(send: Send, fixture: TestDatabase): Promise<void> {
  for (const name of ['orders', 'payments', 'emails', hostile])
    await send('mutation ($name: String!) { createQueue(input: { name: $name }) { created } }', { name })
  const register =
    'mutation ($input: RegisterConsumerInput!) { registerConsumer(input: $input) { registered } }'
  for (const [queue, consumer] of [
    ['orders', 'billing'],
    ['payments', 'archiver'],
    [hostile, hostile],
  ])
    await send(register, { input: { queue, consumer } })
  await send(
    `mutation { registerSubconsumer(input: { queue: "emails", consumer: "mailer", subconsumer: "worker-1" }) { registered } }`,
  )
  await send(
    `mutation ($schema: JSON!) {
       registerEventType(input: { queue: "orders", type: "order.paid", schema: $schema, enforce: true }) { created }
     }`,
    {
      schema: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'integer', description: 'Of the order' },
          currency: { enum: ['EUR', 'USD'] },
          note: { type: 'string' },
        },
      },
    },
  )
  const events = Array.from({ length: 20 }, (_, number) => ({ type: 'paid', data: `{"id":${number}}` }))
  const insert = 'mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }'
  for (const queue of ['payments', 'emails']) await send(insert, { input: { queue, events } })
  await send(insert, { input: { queue: hostile, events: [{ type: hostile, data: hostile }] } })
  await failEvent(send, { queue: hostile, consumer: hostile, reason: hostile })
  await blockRotation(fixture)
}

/** Gives up on the next event of a consumer. */
async function failEvent(
  send: Send,
  input: { queue: string; consumer: string; reason: string },
): Promise<void> {
  const { queue, consumer, reason } = input
  for (;;) {
    await send('mutation ($queue: String!) { tick(input: { queue: $queue, force: true }) { tickId } }', {
      queue,
    })
    const { nextBatch } = await send(
      'mutation ($input: NextBatchInput!) { nextBatch(input: $input) { batch { batchId leaseToken events { eventId } } } }',
      { input: { queue, consumer } },
    )
    if (nextBatch.batch === null) continue
    const { batchId, leaseToken, events } = nextBatch.batch
    const failures = events.map(({ eventId }: { eventId: string }) => ({ eventId, reason }))
    await send('mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }', {
      input: { batchId, leaseToken, failures },
    })
    if (events.length > 0) return
  }
}

/** Rotates the tables of `payments` once, and lets the next rotation be due while its consumer has read nothing. */
async function blockRotation(fixture: TestDatabase): Promise<void> {
  const client = await fixture.connect()
  const age = `update pgq.queue set queue_switch_time = now() - interval '3 hours' where queue_name = 'payments'`
  await client.query(age)
  await client.query(`select pgq.maint_rotate_tables_step1('payments')`)
  await client.query(`select pgq.maint_rotate_tables_step2()`)
  await client.query(age)
  await client.query(`update pgq.tick set tick_time = tick_time - interval '3 hours'
    where tick_queue = (select queue_id from pgq.queue where queue_name = 'payments')`)
  await client.query(`update pgq.subscription set sub_active = sub_active - interval '3 hours'
    where sub_queue = (select queue_id from pgq.queue where queue_name = 'payments')`)
  await client.end()
}
