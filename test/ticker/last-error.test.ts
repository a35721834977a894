import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'

test('the status of a ticker names what fails for as long as that lasts', async () => {
  await using fixture = await createTestDatabase()
  const client = await fixture.connect()
  await client.query(`select pgq.create_queue('q'), pgq.create_queue('broken')`)
  const live = await fixture.open({ ticker: { maintenanceMs: 100, retryMs: 50 } })
  const lastError = () => live.ticker?.status.lastError
  await until(() => live.ticker?.status.lastTickAt != null, 'a tick')
  expect(lastError()).toBeNull()
  await client.query(`create function extra(text) returns int language sql as 'select 1 / 0'`)
  await client.query(`update pgq.queue set queue_extra_maint = '{public.extra}' where queue_name = 'q'`)
  await until(() => lastError() != null, 'the failing maintenance')
  expect(lastError()).toBe('division by zero')
  // What is asked for no more cannot fail any more.
  await client.query(`update pgq.queue set queue_extra_maint = null where queue_name = 'q'`)
  await until(() => lastError() == null, 'the end of it')
  await client.query('alter table pgq.tick add constraint no_more check (tick_queue <> 2) not valid')
  await until(() => lastError() != null, 'the failing tick', { timeoutMs: 20_000 })
  expect(lastError()).toContain('no_more')
  await client.query('alter table pgq.tick drop constraint no_more')
  await until(() => lastError() == null, 'the end of all failures', { timeoutMs: 20_000 })
  await live.close()
  await client.end()
})
