import type pg from 'pg'
import { describe, expect, it } from 'vitest'
import { checkPostgres, installEngine, readFacts } from '../../src/install/install.ts'
import { availableEngines, createTestDatabase, sqlEngines } from '../support/database.ts'
import { engineChoice } from '../support/engines.ts'
import { createEmptyDatabase } from './empty-database.ts'

const hasExtension = availableEngines.includes('extension-15')

describe.each(availableEngines)('on %s', (engine) => {
  const choice = engineChoice(engine)

  it('installs into an empty database and reports what it did', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    const report = await installEngine(client, { engine: choice })
    expect(report.warnings).toEqual([])
    expect(report.actions).toContainEqual(expect.stringMatching(/^installed schema pgq_gateway /))
    expect(report.facts).toMatchObject({
      engine: choice === 'sql' ? 'SQL' : 'EXTENSION',
      pgqVersion: '3.5',
      pgqCoopVersion: '3.4',
      hasTickTrigger: true,
    })
    expect(await readFacts(client)).toEqual(report.facts)
  })

  it('writes nothing and takes no lock that others wait for when all is there', async () => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    const other = await database.connect()
    try {
      await other.query('begin; lock table pgq.tick, pgq.queue, pgq_gateway.installed in exclusive mode')
      await client.query('set lock_timeout = 100; set default_transaction_read_only = on')
      expect((await installEngine(client, { engine: 'auto' })).actions).toEqual([])
    } finally {
      await client.end()
      await other.end()
    }
  })

  it('works for a login without any rights when all is there', async () => {
    await using database = await createEmptyDatabase(engine)
    await installEngine(await database.connect(), { engine: choice })
    const login = await database.createLogin('in role pgq_admin')
    const report = await installEngine(await database.connect(login), { engine: choice })
    expect(report).toMatchObject({ actions: [], warnings: [], facts: { hasTickTrigger: true } })
  })

  it('keeps queues, consumers and events when components are installed again', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    await installEngine(client, { engine: choice })
    await client.query(`select pgq.create_queue('kept'), pgq.register_consumer('kept', 'c')`)
    await client.query(`select pgq.insert_event('kept', 'type', 'data')`)
    await client.query(`update pgq_gateway.installed set checksum = 'older', version = '0.0.1'`)
    const report = await installEngine(client, { engine: choice })
    expect(report.actions).toContainEqual(expect.stringMatching(/^updated schema pgq_gateway from 0.0.1 to /))
    await client.query(`select pgq.ticker('kept')`)
    expect(await readBatch(client, 'kept', 'c')).toEqual(['data'])
  })

  it('lets two installers at once wait for each other', async () => {
    await using database = await createEmptyDatabase(engine)
    const clients = await Promise.all([database.connect(), database.connect(), database.connect()])
    const reports = await Promise.all(clients.map((client) => installEngine(client, { engine: choice })))
    expect(reports.filter((report) => report.actions.length > 0)).toHaveLength(1)
  })
})

describe.each(sqlEngines)('our SQL on %s', (engine) => {
  it('installs as the owner of a database who may create roles', async () => {
    await using database = await createEmptyDatabase(engine)
    const owner = await database.createLogin('createrole')
    // Roles belong to the cluster, and other tests made them already; the owner gets the rights of their creator.
    await database.asAdmin(`alter database ${database.name} owner to ${owner};
      grant pgq_reader, pgq_writer, pgq_admin to ${owner} with admin option`)
    const client = await database.connect(owner)
    expect(await installEngine(client, { engine: 'sql' })).toMatchObject({
      warnings: [],
      facts: { engine: 'SQL', hasTickTrigger: true },
    })
    await client.query(`set role pgq_admin; select pgq.create_queue('q')`)
    await client.query(`set role pgq_reader; select pgq.register_consumer('q', 'c')`)
    await client.query(`set role pgq_writer; select pgq.insert_event('q', 'type', 'data')`)
    await client.query(`set role pgq_admin; select pgq.ticker('q')`)
    await client.query('set role pgq_reader')
    expect(await readBatch(client, 'q', 'c')).toEqual(['data'])
  })

  it('tells a login that may create nothing which right is missing', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect(await database.createLogin())
    await expect(installEngine(client, { engine: 'sql' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringMatching(/grant create on database \S+ to login_/),
    })
  })

  it('warns a login that can act as none of the roles', async () => {
    await using database = await createEmptyDatabase(engine)
    await installEngine(await database.connect(), { engine: 'sql' })
    const login = await database.createLogin()
    const report = await installEngine(await database.connect(login), { engine: 'sql' })
    expect(report.warnings).toEqual([expect.stringContaining(`grant pgq_admin to ${login}`)])
  })

  it('runs no migration twice', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    await installEngine(client, { engine: 'sql' })
    const recorded = async () =>
      (await client.query('select * from pgq_gateway.migration order by component, name')).rows
    const before = await recorded()
    expect(before).toContainEqual(expect.objectContaining({ component: 'pgq', name: '001-tables' }))
    await client.query(`update pgq_gateway.installed set checksum = 'older'`)
    const { actions } = await installEngine(client, { engine: 'sql' })
    expect(actions.filter((action) => !action.startsWith('updated schema '))).toEqual([])
    expect(await recorded()).toEqual(before)
  })

  it('leaves a database as it was when the installation fails half way', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    await client.query('create schema pgq_gateway; create table pgq_gateway.queue_info ()')
    await expect(installEngine(client, { engine: 'sql' })).rejects.toThrow()
    const { rows } = await client.query(`select to_regnamespace('pgq') as schema`)
    expect(rows).toEqual([{ schema: null }])
  })

  it('refuses a schema pgq_gateway that somebody else owns, and installs as its owner', async () => {
    await using database = await createEmptyDatabase(engine)
    const owner = await database.createLogin('in role pgq_admin')
    await database.asAdmin(`alter database ${database.name} owner to ${owner}`)
    const ofOwner = await database.connect(owner)
    await ofOwner.query('create schema pgq_gateway')
    const superuser = await database.connect()
    await expect(installEngine(superuser, { engine: 'sql' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringMatching(
        new RegExp(
          `^Schema pgq_gateway belongs to ${owner}, .*Install as ${owner}; or, .* drop it first\\.$`,
        ),
      ),
    })
    const { rows } = await superuser.query(`select to_regnamespace('pgq') as schema`)
    expect(rows).toEqual([{ schema: null }])
    expect((await installEngine(ofOwner, { engine: 'sql' })).facts.engine).toBe('SQL')
  })

  it('updates a schema pgq_gateway of a role of the login, and one of the owner of schema pgq', async () => {
    await using database = await createEmptyDatabase(engine)
    const team = await database.createLogin('in role pgq_admin')
    const member = await database.createLogin(`in role ${team}`)
    await database.asAdmin(`alter database ${database.name} owner to ${team}`)
    await (await database.connect(team)).query('create schema pgq_gateway')
    const ofMember = await database.connect(member)
    expect((await installEngine(ofMember, { engine: 'sql' })).facts.engine).toBe('SQL')

    const superuser = await database.connect()
    await superuser.query(
      `reassign owned by ${member} to ${team}; update pgq_gateway.installed set checksum = 'older'`,
    )
    expect((await installEngine(superuser, { engine: 'sql' })).actions).not.toEqual([])
  })

  it('refuses engine sql over a schema pgq that it did not make, and changes nothing', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    await client.query('create schema pgq')
    await expect(installEngine(client, { engine: 'sql' })).rejects.toMatchObject({ code: 'BAD_INPUT' })
    const { rows } = await client.query(`select to_regnamespace('pgq_gateway') as schema`)
    expect(rows).toEqual([{ schema: null }])
  })

  it('refuses a PostgreSQL before 13, by its version and with the one that is needed', () => {
    expect(() => checkPostgres({ postgresVersion: '12.22', postgresMajor: 12 })).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT',
        message: 'This server is PostgreSQL 12.22; version 13 or later is needed.',
      }),
    )
    expect(() => checkPostgres({ postgresVersion: '13.0', postgresMajor: 13 })).not.toThrow()
  })

  it('refuses engine extension where our SQL is installed', async () => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    try {
      await expect(installEngine(client, { engine: 'extension' })).rejects.toMatchObject({
        code: 'BAD_INPUT',
      })
    } finally {
      await client.end()
    }
  })

  it('pins the search path of every SECURITY DEFINER function', async () => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    try {
      const { rows } = await client.query(
        `select p.oid::regprocedure::text as function from pg_proc p
          where pronamespace::regnamespace::text in ('pgq', 'pgq_coop', 'pgq_gateway', 'pgq_ext') and prosecdef
            and not exists (select 1 from unnest(proconfig) s where s like 'search\\_path=pg\\_catalog,%pg\\_temp')`,
      )
      expect(rows).toEqual([])
    } finally {
      await client.end()
    }
  })
})

it('refuses engine extension where the server does not offer it', async () => {
  await using database = await createEmptyDatabase('sql-18')
  await expect(installEngine(await database.connect(), { engine: 'extension' })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('does not offer'),
  })
})

it('uses our SQL for engine auto where the server does not offer the extension', async () => {
  await using database = await createEmptyDatabase('sql-18')
  const report = await installEngine(await database.connect(), { engine: 'auto' })
  expect(report).toMatchObject({ warnings: [], facts: { engine: 'SQL' } })
})

describe.runIf(hasExtension)('where the server offers the extension', () => {
  it('creates it for engine auto', async () => {
    await using database = await createEmptyDatabase('extension-15')
    const report = await installEngine(await database.connect(), { engine: 'auto' })
    expect(report.facts.engine).toBe('EXTENSION')
  })

  it('falls back to our SQL, with a warning, when the login may not create it', async () => {
    await using database = await createEmptyDatabase('extension-15')
    const owner = await database.createLogin('in role pgq_admin')
    await database.asAdmin(`alter database ${database.name} owner to ${owner}`)
    const report = await installEngine(await database.connect(owner), { engine: 'auto' })
    expect(report.facts.engine).toBe('SQL')
    expect(report.warnings).toEqual([expect.stringContaining('permission denied to create extension')])
  })

  it('leaves the functions of the extension as they are', async () => {
    await using database = await createEmptyDatabase('extension-15')
    const client = await database.connect()
    await client.query('create extension pgq')
    const before = await fingerprint(client)
    await installEngine(client, { engine: 'auto' })
    expect(await fingerprint(client)).toEqual(before)
  })

  it('polls for ticks, with a warning, where the login may not create the trigger', async () => {
    await using database = await createEmptyDatabase('extension-15')
    await (await database.connect()).query('create extension pgq')
    const owner = await database.createLogin('in role pgq_admin')
    await database.asAdmin(`alter database ${database.name} owner to ${owner}`)
    const client = await database.connect(owner)
    const report = await installEngine(client, { engine: 'auto' })
    expect(report.facts).toMatchObject({ engine: 'EXTENSION', hasTickTrigger: false })
    expect(report.warnings).toEqual([expect.stringContaining('may not create a trigger on pgq.tick')])
    expect((await installEngine(client, { engine: 'auto' })).actions).toEqual([])
  })
})

async function readBatch(client: pg.Client, queue: string, consumer: string): Promise<string[]> {
  const { rows } = await client.query<{ ev_data: string }>(
    'select ev_data from pgq.get_batch_events((select pgq.next_batch($1, $2)))',
    [queue, consumer],
  )
  return rows.map((row) => row.ev_data)
}

/** Reads what changes when a function of schema pgq is replaced, dropped or granted. */
async function fingerprint(client: pg.Client): Promise<unknown[]> {
  const { rows } = await client.query(
    `select oid::regprocedure::text as function, xmin::text, proacl::text
       from pg_proc where pronamespace = 'pgq'::regnamespace order by 1`,
  )
  return rows
}
