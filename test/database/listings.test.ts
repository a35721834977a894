import { expect, test } from 'vitest'
import { finishBatch } from '../../src/resolvers/batches/finish-batch.ts'
import { nextBatch } from '../../src/resolvers/batches/next-batch.ts'
import { listDeadLetters } from '../../src/resolvers/dead-letters/dead-letters.ts'
import { insertEvents } from '../../src/resolvers/publishing/publishing.ts'
import { createTestContext } from '../support/context.ts'
import { createTestDatabase } from '../support/database.ts'
import { until, withDeadline } from '../support/deadline.ts'

test('lists that hang hold up no delivery, settlement or publishing', async () => {
  await using fixture = await createTestDatabase()
  const live = await fixture.open()
  const client = await fixture.connect()
  await client.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
  await client.query(`select pgq.insert_event('q', 'a', '')`)
  await client.query(`select pgq.force_tick('q')`)
  await client.query(`select pgq.ticker('q')`)
  const context = createTestContext(live)
  const stranger = await fixture.connect()
  await stranger.query('begin; lock table pgq_gateway.dead_letter in access exclusive mode')
  const lists = Array.from({ length: 30 }, () => listDeadLetters(context, { database: 'main' }))
  const hanging = `select count(*)::int4 as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  await until(async () => (await client.query(hanging)).rows[0].count >= 2, 'lists that hang')
  const work = async () => {
    const batch = await nextBatch(context, { database: 'main', queue: 'q', consumer: 'c' })
    await insertEvents(context, { database: 'main', queue: 'q', events: [{ data: 'next' }] })
    return batch && finishBatch(context, batch)
  }
  expect(await withDeadline(work(), 'work beside the lists')).toBe(true)
  await stranger.query('rollback')
  for (const page of await Promise.all(lists)) expect(page.rows).toEqual([])
  await stranger.end()
  await client.end()
  await live.close()
})
