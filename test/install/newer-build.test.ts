import { expect, test } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { availableEngines, createTestDatabase } from '../support/database.ts'
import { readCatalog } from './catalog.ts'

test.each(availableEngines)(
  'a build of the same version that knows fewer migrations changes nothing on %s, and says why',
  async (engine) => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    await client.query(`insert into pgq_gateway.migration values ('pgq_gateway', '999-of-tomorrow')`)
    await client.query(
      `update pgq_gateway.installed set checksum = 'of tomorrow' where component = 'pgq_gateway'`,
    )
    await client.query(
      'create function pgq_gateway.of_tomorrow() returns int4 language sql as $$ select 1 $$',
    )
    const before = await readCatalog(client)
    await expect(installEngine(client, { engine: 'auto' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining('999-of-tomorrow'),
    })
    expect(await readCatalog(client)).toEqual(before)
    await client.end()
  },
)
