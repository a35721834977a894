import type pg from 'pg'
import { describe, expect, it, test } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { uninstallEngine } from '../../src/install/uninstall.ts'
import type { Statement } from '../../src/postgres/call.ts'
import { availableEngines, createTestDatabase, sqlEngines } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { engineChoice } from '../support/engines.ts'
import { readCatalog } from './catalog.ts'
import { createEmptyDatabase } from './empty-database.ts'

const nothing = { actions: [], kept: [], obstacle: null }

describe.each(availableEngines)('on %s', (engine) => {
  const choice = engineChoice(engine)

  it('drops schema pgq_gateway and the trigger, and leaves a PgQ that works in SQL and is taken up again', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    const { facts } = await installEngine(client, { engine: choice })
    await client.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
    const before = await readCatalog(client)
    const { actions, kept } = await uninstallEngine(client)
    expect(actions).toEqual([
      'dropped the trigger on pgq.tick',
      'dropped schema pgq_gateway with 0 dead letters and 0 event types',
    ])
    expect(kept).toContain('schema pgq_coop; --with-engine drops it')
    expect(await relationsOf(client, 'pgq_gateway')).toEqual(['installed', 'migration'])
    expect(await uninstallEngine(client)).toEqual(nothing)

    await client.query(`select pgq.insert_event('q', 't', 'd')`)
    await client.query(`select pgq.force_tick('q')`)
    await client.query(`select pgq.ticker('q')`)
    expect(await readBatch(client)).toEqual(['d'])

    const report = await installEngine(client, { engine: choice })
    expect(report).toMatchObject({ facts, warnings: [] })
    expect(report.actions.filter((action) => /schema (pgq|pgq_coop|pgq_ext)( |$)/.test(action))).toEqual([])
    expect(await readCatalog(client)).toEqual(before)
    expect(await readBatch(client)).toEqual(['d'])
  })

  it('drops with its engine what this project made, never an extension, and can be installed again', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    await installEngine(client, { engine: choice })
    const before = await readCatalog(client)
    await client.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
    await client.query(`select pgq.insert_event('q', 't', n::text) from generate_series(1, 3) n`)
    const { actions, kept } = await uninstallEngine(client, { withEngine: true })
    expect(actions).toContain('dropped schema pgq_coop')
    expect(await schemasOf(client)).toEqual(choice === 'sql' ? [] : ['pgq'])
    if (choice === 'sql') {
      expect(actions.at(-1)).toBe(
        'dropped schema pgq with 1 queue, 1 consumer, up to 3 events that a consumer has not finished, and 0 retried events',
      )
    } else {
      expect(kept).toContain('schema pgq, which the extension made')
      await client.query(`select pgq.create_queue('another')`)
    }
    expect(kept.at(-1)).toMatch(/^the roles pgq_reader/)
    expect((await installEngine(client, { engine: choice })).warnings).toEqual([])
    expect(await readCatalog(client)).toEqual(before)
  })

  it('says in a dry run what it would drop and keep, and changes nothing', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    await installEngine(client, { engine: choice })
    const before = await readCatalog(client)
    for (const withEngine of [true, false]) {
      const plan = await uninstallEngine(client, { withEngine, dryRun: true })
      expect(await readCatalog(client)).toEqual(before)
      if (!withEngine) expect(await uninstallEngine(client, { withEngine })).toEqual(plan)
    }
  })

  it('refuses while a gateway lives behind a pooler, whatever its sessions are', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    await installEngine(client, { engine: choice })
    await client.query('select pgq_gateway.begin_life(5, gen_random_uuid())')
    const message = expect.stringContaining('(gateway 5, behind a pooler)')
    await expect(uninstallEngine(client)).rejects.toMatchObject({ code: 'UNAVAILABLE', message })
    await client.query('select pgq_gateway.end_life(5, life) from pgq_gateway.gateway')
    expect((await uninstallEngine(client)).actions).not.toEqual([])
  })

  it('refuses while a gateway serves the database, though not a dry run; where it is forced, the gateway puts back what it misses', async () => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    const live = await database.open({ ticker: true })
    try {
      await until(() => live.ticker?.isReady, 'a ticker')
      const message = expect.stringMatching(/^This database is served by a gateway \(process \d+, .*--force/)
      await expect(uninstallEngine(client)).rejects.toMatchObject({ code: 'UNAVAILABLE', message })
      const before = await readCatalog(client)
      const plan = await uninstallEngine(client, { dryRun: true })
      expect(plan).toMatchObject({ actions: { length: 2 }, obstacle: message })
      expect(await readCatalog(client)).toEqual(before)
      expect((await uninstallEngine(client, { force: true })).actions).toHaveLength(2)
      const readTicks: Statement = {
        name: 'current_ticks',
        role: 'reader',
        text: 'select * from pgq_gateway.current_ticks(null)',
      }
      await expect(live.database.call(readTicks)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
      await until(() => live.database.call(readTicks).catch(() => null), 'what was missing')
      await live.close()
      await until(() => uninstallEngine(client).catch(() => null), 'the end of the gateway')
      expect(await uninstallEngine(client)).toEqual(nothing)
    } finally {
      await live.close()
      await client.end()
    }
  })

  it('refuses where objects of others depend on it, and names them', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    await installEngine(client, { engine: choice })
    await client.query(`create view mine as select queue_name from pgq_gateway.queue_info;
      create table typed (id int, event pgq_gateway.event)`)
    const before = await readCatalog(client)
    await expect(uninstallEngine(client)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message:
        'These depend on what would be dropped: table column public.typed.event; view public.mine. Drop them first.',
    })
    expect(await readCatalog(client)).toEqual(before)
  })
})

describe.each(sqlEngines)('our SQL on %s', (engine) => {
  it('is not dropped from under triggers of user tables, nor with objects of others in its schemas', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    await installEngine(client, { engine: 'sql' })
    await client.query(`create table orders (id int primary key);
      create trigger publish after insert on orders for each row execute function pgq.jsontriga('q')`)
    await expect(uninstallEngine(client, { withEngine: true })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining(': trigger publish on public.orders. '),
    })
    await client.query(`drop table orders; create table pgq.audit (); create table pgq_gateway.notes ();
      create function pgq.audit(int) returns int language sql as 'select 1'`)
    await expect(uninstallEngine(client, { withEngine: true })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining(
        ': function pgq.audit(integer); table pgq.audit; table pgq_gateway.notes. ',
      ),
    })
    await client.query('drop table pgq_gateway.notes')
    expect((await uninstallEngine(client)).actions).toHaveLength(2)
  })

  it('names what others have put on its tables, and drops it with them', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    await installEngine(client, { engine: 'sql' })
    await client.query(`select pgq.create_queue('q');
      create function watch() returns trigger language plpgsql as 'begin return new; end';
      create trigger watch before insert on pgq.event_1_0 for each row execute function watch();
      create statistics lags on sub_last_tick, sub_active from pgq.subscription;
      create publication letters for table pgq_gateway.dead_letter`)
    const { actions } = await uninstallEngine(client, { withEngine: true })
    expect(actions.at(-1)).toBe(
      'dropped what others have put on their tables: publication relation pgq_gateway.dead_letter in publication letters; ' +
        'statistics object public.lags; trigger watch on pgq.event_1_0',
    )
  })
})

test('a schema pgq_gateway that this project has not filled is left alone', async () => {
  await using database = await createEmptyDatabase()
  const client = await database.connect()
  expect(await uninstallEngine(client)).toEqual(nothing)
  await client.query('create schema pgq_gateway')
  await expect(uninstallEngine(client)).rejects.toMatchObject({ code: 'BAD_INPUT' })
})

test('a login without the rights of the owner uninstalls nothing', async () => {
  await using database = await createEmptyDatabase()
  const client = await database.connect()
  await installEngine(client, { engine: 'sql' })
  const login = await database.createLogin('in role pgq_admin')
  await expect(uninstallEngine(await database.connect(login))).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(await schemasOf(client)).toEqual(['pgq', 'pgq_coop', 'pgq_ext', 'pgq_gateway'])
})

async function readBatch(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ ev_data: string }>(
    `select ev_data from pgq.get_batch_events((select pgq.next_batch('q', 'c')))`,
  )
  return rows.map((row) => row.ev_data)
}

async function schemasOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select nspname::text as name from pg_namespace where nspname ~ '^pgq' order by 1`,
  )
  return rows.map(({ name }) => name)
}

async function relationsOf(client: pg.Client, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname::text as name from pg_class
      where relnamespace = $1::regnamespace and relkind in ('r', 'v', 'S') order by 1`,
    [schema],
  )
  return rows.map(({ name }) => name)
}
