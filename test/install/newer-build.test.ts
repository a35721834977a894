import { describe, expect, it } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { readInstalledRevision, readRevision } from '../../src/install/revision.ts'
import { tickLockClass } from '../../src/postgres/advisory-locks.ts'
import { availableEngines, createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { readCatalog } from './catalog.ts'

const ours = await readRevision()

/** Makes a database look like one of a newer build. */
const renew = (compatibleFrom: number) => `
  insert into pgq_gateway.migration values ('pgq_gateway', '999-of-tomorrow');
  update pgq_gateway.installed set checksum = 'of tomorrow';
  update pgq_gateway.schema_revision set number = ${ours.number + 3}, compatible_from = ${compatibleFrom}, version = '9.9.0';
  create function pgq_gateway.of_tomorrow() returns int4 language sql as $$ select 1 $$;
  drop trigger pgq_gateway_tick on pgq.tick`

describe.each(availableEngines)('an older build on %s', (engine) => {
  it('leaves what a newer one has installed as it is, where it works with that', async () => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    await client.query(renew(ours.number))
    const before = await readCatalog(client)
    for (const repair of [false, true]) {
      const report = await installEngine(client, { engine: 'auto', repair })
      expect(report).toMatchObject({ actions: [], repairs: [] })
      expect(report.warnings).toEqual([
        `the database has schema revision ${ours.number + 3}, of version 9.9.0; this build, of version ${ours.version}, ` +
          `has ${ours.number}, works with it, and leaves it as it is`,
      ])
    }
    expect(await readCatalog(client)).toEqual(before)
    await client.end()
  })

  it('refuses what it does not work with, says why, and changes nothing', async () => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    await client.query(renew(ours.number + 1))
    const before = await readCatalog(client)
    for (const repair of [false, true]) {
      await expect(installEngine(client, { engine: 'auto', repair })).rejects.toMatchObject({
        code: 'BAD_INPUT',
        message:
          `The database has schema revision ${ours.number + 3}, of version 9.9.0, which works with builds from revision ${ours.number + 1} ` +
          `on; this one, of version ${ours.version}, has ${ours.number}. Use version 9.9.0 or later.`,
      })
    }
    expect(await readCatalog(client)).toEqual(before)
    await client.end()
  })

  it('waits for a newer one that installs at the same time, and then changes nothing', async () => {
    await using database = await createTestDatabase(engine)
    const [client, newer] = [await database.connect(), await database.connect()]
    await client.query(`update pgq_gateway.schema_revision set number = ${ours.number - 1}`)
    await newer.query(`begin; select pg_advisory_xact_lock(${tickLockClass}, 0); ${renew(1)}`)
    const installation = installEngine(client, { engine: 'auto' })
    await until(
      async () =>
        (await newer.query(`select from pg_locks where locktype = 'advisory' and not granted`)).rowCount !==
        0,
      'the older build to wait',
    )
    await newer.query('commit')
    expect((await installation).actions).toEqual([])
    for (const each of [client, newer]) await each.end()
  })

  it('refuses a migration that it does not know, though no revision tells of it', async () => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    await client.query(`${renew(1)}; update pgq_gateway.schema_revision set number = ${ours.number}`)
    const before = await readCatalog(client)
    await expect(installEngine(client, { engine: 'auto' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining('999-of-tomorrow'),
    })
    expect(await readCatalog(client)).toEqual(before)
    await client.end()
  })
})

describe.each(availableEngines)('a newer build on %s', (engine) => {
  it('records its revision where nothing else is to be done, and the second time does nothing', async () => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    await client.query(
      `update pgq_gateway.schema_revision set number = ${ours.number - 1}, compatible_from = 0, version = '0.0.1'`,
    )
    const { actions } = await installEngine(client, { engine: 'auto' })
    expect(actions).toEqual([
      `raised the schema revision from ${ours.number - 1} to ${ours.number}; ` +
        `builds from revision ${ours.compatibleFrom} on work with it`,
    ])
    expect(await readInstalledRevision(client)).toEqual(ours)
    expect((await installEngine(client, { engine: 'auto' })).actions).toEqual([])
    await client.end()
  })
})
