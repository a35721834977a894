import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { availableEngines } from '../support/database.ts'
import { engineChoice } from '../support/engines.ts'
import { readCatalog } from './catalog.ts'
import { createEmptyDatabase } from './empty-database.ts'

test.each(availableEngines)(
  'a dry run on %s reports what the installation after it does, and changes nothing',
  async (engine) => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    const plan = await installEngine(client, { engine: engineChoice(engine), dryRun: true })
    expect(await readCatalog(client)).toEqual([])
    const { rows } = await client.query(`select extname from pg_extension where extname like 'pgq%'`)
    expect(rows).toEqual([])
    expect(plan.actions).toContain('created the trigger on pgq.tick')
    expect(await installEngine(client, { engine: engineChoice(engine) })).toEqual(plan)
    expect((await installEngine(client, { engine: 'auto', dryRun: true })).actions).toEqual([])
  },
)

test('a dry run of an upgrade reports the migrations, replaced and dropped functions, and changes nothing', async () => {
  await using database = await createEmptyDatabase()
  const dump = await readFile(new URL('upgrade/before-migrations.sql', import.meta.url), 'utf8')
  await (await database.connect()).query(dump)
  const client = await database.connect()
  const before = await readCatalog(client)
  const plan = await installEngine(client, { engine: 'auto', dryRun: true })
  expect(await readCatalog(client)).toEqual(before)
  expect(plan.actions).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^updated schema pgq from 0.1.0 to \S+, replacing the functions of \d+ names$/),
      expect.stringMatching(
        /^updated schema pgq_gateway from 0.1.0 to \S+, replacing 5 views and the functions of \d+ names$/,
      ),
      'applied migration 001-tables of schema pgq_gateway',
      'dropped function pgq_gateway.queue_id(text)',
    ]),
  )
  expect((await installEngine(client, { engine: 'auto' })).actions).toEqual(plan.actions)
})

test('a dry run is refused where the installation would be', async () => {
  await using database = await createEmptyDatabase()
  const login = await database.createLogin()
  const client = await database.connect(login)
  for (const dryRun of [true, false]) {
    await expect(installEngine(client, { engine: 'sql', dryRun })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    })
  }
})
