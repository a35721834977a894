import { expect, test } from 'vitest'
import { Overtaking } from '../../src/async/overtaking.ts'
import { LiveDatabase } from '../../src/database/live-database.ts'
import { createTestDatabase } from '../support/database.ts'
import { testLogger } from '../support/logger.ts'

test('a database lets the next one start when its ticks are announced and it has a sign of life', async () => {
  await using fixture = await createTestDatabase()
  const starts = new Overtaking(1, 60_000)
  const database = new LiveDatabase(
    { name: 'main', connectionString: fixture.url, engine: 'sql' },
    { logger: testLogger(), starts },
  )
  await using _database = { [Symbol.asyncDispose]: () => database.close() }
  await database.ready()
  const leave = await starts.enter()
  expect(database.health()).toMatchObject({ installed: true, listening: true })
  expect(database.health().reasons).not.toContain('no sign of life reaches the database')
  leave()
})
