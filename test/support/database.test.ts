import { describe, expect, test } from 'vitest'
import { startCluster } from './cluster.ts'
import { availableEngines, createTestDatabase } from './database.ts'

describe.concurrent.each(availableEngines)('a test database of %s', (engine) => {
  test('has the engine and its own name', async () => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    const answer = await client.query('select current_database() as name, pgq.version() as version')
    await client.end()
    expect(answer.rows).toEqual([{ name: database.name, version: expect.stringMatching(/^3\./) }])
  })

  test('opens as a Database, twice at once', async () => {
    await using database = await createTestDatabase(engine)
    const opened = await Promise.all([database.open(), database.open()])
    expect(opened.map((each) => each.health().installed)).toEqual([true, true])
    await Promise.all(opened.map((each) => each.close()))
  })

  test('fails its test when a connection is left open', async () => {
    const database = await createTestDatabase(engine)
    await database.connect()
    await expect(database[Symbol.asyncDispose]()).rejects.toThrow(/the test leaks them/)
  })
})

test('a cluster keeps committed rows and its address through a crash', async () => {
  await using cluster = await startCluster()
  const { Client } = (await import('pg')).default
  const before = new Client({ connectionString: cluster.url })
  const lost = new Promise((resolve) => before.once('error', resolve))
  await before.connect()
  await before.query('create table kept as select 1 as one')
  await before.query('checkpoint')
  await cluster.stop('immediate')
  expect(String(await lost)).toMatch(/terminat/)
  await cluster.start()
  const after = new Client({ connectionString: cluster.url })
  await after.connect()
  expect((await after.query('select one from kept')).rows).toEqual([{ one: 1 }])
  await after.end()
})
