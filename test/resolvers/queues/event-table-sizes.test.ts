import { expect, test } from 'vitest'
import { measureEventTables } from '../../../src/resolvers/queues/event-table-sizes.ts'
import { requireQueue } from '../../../src/resolvers/queues/queues.ts'
import { setUpConsumer } from '../../pubsub/batches/consumer-fixture.ts'

test('who asks for the size of a queue with a locked table is refused at once, and no other queue is', async () => {
  await using t = await setUpConsumer([])
  await t.client.query(`select pgq.create_queue('other'), pgq.insert_event('other', 't', 'x')`)
  const view = t.context.database('main')
  const idOf = async (name: string) => (await requireQueue(t.context, 'main', name)).queueId
  const [locked, free] = [await idOf('q'), await idOf('other')]
  await t.client.query(`begin; lock table pgq.event_${locked}_1 in access exclusive mode`)
  const sizes = await Promise.allSettled([locked, free].map((id) => measureEventTables(view, id)))
  await t.client.query('rollback')
  expect(sizes).toMatchObject([
    { status: 'rejected', reason: { code: 'UNAVAILABLE', message: expect.stringContaining('locked') } },
    { status: 'fulfilled', value: { filledTables: 1 } },
  ])
  expect(await measureEventTables(view, locked)).toEqual({ bytes: '0', filledTables: 0 })
})
