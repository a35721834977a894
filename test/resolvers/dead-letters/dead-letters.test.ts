import { expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.ts'

test('dead letters of an unknown queue are refused however the server plans the statement', async () => {
  await using fixture = await createTestDatabase()
  const client = await fixture.connect()
  await client.query('set plan_cache_mode = force_generic_plan')
  for (const name of ['requeue_dead_letters', 'delete_dead_letters']) {
    const call = client.query(`select pgq_gateway.${name}(null, 'none', null, 10)`)
    await expect(call).rejects.toMatchObject({ code: 'PQ001', column: 'queue' })
  }
  await client.end()
})
