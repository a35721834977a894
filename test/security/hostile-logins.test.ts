import { describe, expect, test } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { codeBlocks } from '../docs/code-blocks.ts'
import { readCatalog } from '../install/catalog.ts'
import { createEmptyDatabase } from '../install/empty-database.ts'
import { availableEngines, sqlEngines } from '../support/database.ts'
import { type EngineName, engineChoice } from '../support/engines.ts'

type Role = 'pgq_reader' | 'pgq_writer' | 'pgq_admin'

/** A database with PgQ, and a login that may create schemas in it, a member of these roles. */
async function besiege(engine: EngineName, ...roles: Role[]) {
  const database = await createEmptyDatabase(engine)
  const owner = await database.connect()
  await installEngine(owner, { engine: engineChoice(engine) })
  await owner.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
  const login = await database.createLogin(roles.length > 0 ? `in role ${roles.join(', ')}` : '')
  await owner.query(`grant create on database ${database.name} to ${login}`)
  const attacker = await database.connect(login)
  let catalog = await readCatalog(owner)
  return {
    database,
    owner,
    /** Runs SQL as the owner, which may change the catalog. */
    async run(text: string) {
      await owner.query(text)
      catalog = await readCatalog(owner)
    },
    attacker,
    login,
    /** Runs SQL as the attacker. @returns the SQLSTATE of its failure, or null. */
    attempt: (text: string) =>
      attacker.query(text).then(
        () => null,
        ({ code }: { code: string }) => code,
      ),
    /** Fails where the login has won rights, or where PgQ's schemas are not as they were. */
    async expectUnharmed() {
      const { rows } = await owner.query('select rolsuper, rolcreaterole from pg_roles where rolname = $1', [
        login,
      ])
      expect(rows).toEqual([{ rolsuper: false, rolcreaterole: false }])
      expect(await readCatalog(owner)).toEqual(catalog)
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

/** SQL that makes functions `evil.seize()` for a trigger and `evil.grab()` for a query, which make the login a superuser. */
const trap = (login: string) => `
  create schema evil;
  create function evil.grab() returns bigint language plpgsql as $$
    begin execute 'alter role ${login} superuser'; return 1; end $$;
  create function evil.seize() returns trigger language plpgsql as $$
    begin perform evil.grab(); return new; end $$`

/** SQL that puts `||` for a text and a number into the schema that `$user` in a search path means to role pgq_admin. */
const snare = (login: string) => `
  ${trap(login)};
  create schema pgq_admin;
  create function pgq_admin.glue(text, int4) returns text language plpgsql as $$
    begin perform evil.grab(); return $1; end $$;
  create operator pgq_admin.|| (leftarg = text, rightarg = int4, function = pgq_admin.glue);
  grant usage on schema evil, pgq_admin to public`

/** SQL of docs/security.md that has this in it. */
async function remedy(part: string): Promise<string> {
  const blocks = await codeBlocks('docs/security.md', `PostgreSQL's roles`)
  const found = blocks.filter(({ code }) => code.includes(part))
  expect(found).toHaveLength(1)
  return found[0]?.code ?? ''
}

const partColumns = ['queue_data_pfx', 'queue_event_seq', 'queue_tick_seq']

describe.each(sqlEngines)('pgq_admin on %s', (engine) => {
  test.each(partColumns)('cannot have the owner work on what it names in pgq.queue.%s', async (column) => {
    await using siege = await besiege(engine, 'pgq_admin')
    await siege.attempt(trap(siege.login))
    for (const value of [
      'evil.t',
      'pgq.event_2',
      `pgq.event_1_0 values (evil.grab()) --`,
      'pgq_gateway.lease',
    ])
      expect([value, await siege.attempt(`update pgq.queue set ${column} = $$${value}$$`)]).toEqual([
        value,
        '23514',
      ])
    expect(await siege.attempt(`update pgq.queue set queue_id = 7`)).toBe('23514')
    expect(await siege.attempt('alter table pgq.queue drop constraint queue_own_parts')).toBe('42501')
    await siege.expectUnharmed()
  })
})

describe.each(sqlEngines)('a login without a role of PgQ on %s', (engine) => {
  test('cannot have maintenance use its operators, by whichever search path', async () => {
    await using siege = await besiege(engine)
    expect(await siege.attempt(snare(siege.login))).toBeNull()
    const { owner } = siege
    await owner.query(`update pgq.queue set queue_rotation_period = '0'; set role pgq_admin`)
    const glued = await owner.query(`select 'a' || 1`).catch(({ message }) => message)
    expect(glued, 'what the trap does').toMatch(/permission denied|must/i)
    const { rows } = await owner.query('select func_name from pgq.maint_operations()')
    expect(rows[0]).toEqual({ func_name: 'pgq.maint_rotate_tables_step1' })
    await owner.query(`select pgq.maint_rotate_tables_step1('q')`)
    await owner.query('select pgq.maint_rotate_tables_step2()')
    await owner.query('select pgq.maint_retry_events(); reset role')
    await siege.expectUnharmed()
  })
})

describe.runIf(availableEngines.includes('extension-15'))('pgq_admin on the extension', () => {
  test('has no function of the gateway work on what it names in pgq.queue', async () => {
    await using siege = await besiege('extension-15', 'pgq_admin')
    const { owner, attempt } = siege
    await owner.query(`select pgq.insert_event('q', 'type', 'data'), pgq.insert_event('q', 'type', 'data')`)
    await owner.query(`select pgq_gateway.tick('q', true)`)
    await owner.query(`select pgq.next_batch('q', 'c')`)
    expect(await attempt(trap(siege.login))).toBeNull()
    expect(
      await attempt(`
        create table evil.t (like pgq.event_template);
        create table evil.t_0 (like pgq.event_template);
        create trigger seize before insert on evil.t_0 for each row execute function evil.seize();
        create view evil.v as select evil.grab() as ev_txid, null::bigint as ev_id;
        grant usage on schema evil to public`),
    ).toBeNull()
    for (const row of [
      `queue_data_pfx = 'evil.t'`,
      `queue_data_pfx = 'evil.v'`,
      `queue_data_pfx = 'pgq.event_1_0 where evil.grab() = 1 --'`,
      `queue_event_seq = 'evil.v'`,
      `queue_tick_seq = 'evil.v'`,
    ]) {
      const before = (await owner.query('select * from pgq.queue')).rows[0]

      expect(await attempt(`update pgq.queue set ${row}`)).toBeNull()

      for (const call of [
        `pgq_gateway.insert_events('q', '{t}', '{d}')`,
        `pgq_gateway.batch_events(1, null)`,
        `pgq_gateway.event_pages(1, null, null, null, 10)`,
        `pgq_gateway.tick_events(1, 1, 2, null)`,
        `pgq_gateway.retry_events(1, null, '{1}', '{1}')`,
        `pgq_gateway.fail_events(1, null, '{1}', '{x}')`,
        `pgq_gateway.retry_batch(1, null, 1)`,
        `pgq_gateway.finish_batch(1, null, null, '{}', '{}', '{}', '{}')`,
        `pgq_gateway.tick('q', true)`,
        `pgq_gateway.ticker_step('{q}', false)`,
        `pgq_gateway.drop_queue('q', true)`,
      ])
        expect([row, call, await attempt(`select ${call}`)]).toEqual([row, call, 'PQ005'])
      expect(await attempt('select pgq_gateway.note_misnumbered_queues(array[1])')).toBeNull()
      await owner.query(
        `update pgq.queue set queue_data_pfx = $1, queue_event_seq = $2, queue_tick_seq = $3`,
        [before.queue_data_pfx, before.queue_event_seq, before.queue_tick_seq],
      )
    }
    await siege.expectUnharmed()
  })
})

/** A database without PgQ, and a login that may create schemas in it. */
async function empty(engine: EngineName) {
  const database = await createEmptyDatabase(engine)
  const login = await database.createLogin()
  const owner = await database.connect()
  await owner.query(`grant create on database ${database.name} to ${login}`)
  const attacker = await database.connect(login)
  await attacker.query(trap(login))
  return { database, login, owner, attacker, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() }
}

describe.each(availableEngines)('a login that may create schemas on %s', (engine) => {
  const install = { engine: engineChoice(engine) }
  const preparations = {
    'an empty schema pgq_gateway': 'create schema pgq_gateway',
    'its own record of an installation': `create schema pgq_gateway; create view pgq_gateway.installed as
      select 'pgq_gateway' as component, evil.grab()::text as version, '' as checksum; grant usage on schema pgq_gateway to public;
      grant select on pgq_gateway.installed to public`,
    'a table with a trigger': `create schema pgq_gateway; create table pgq_gateway.migration (component text, name text);
      create trigger seize before insert on pgq_gateway.migration for each row execute function evil.seize()`,
    'both its own pgq and pgq_gateway': `create schema pgq; create schema pgq_gateway;
      create function pgq.version() returns text language sql as 'select evil.grab()::text'`,
    'a schema pgq_coop': `create schema pgq_coop;
      create function pgq_coop.version() returns text language sql as 'select evil.grab()::text'`,
  }

  test.each(Object.entries(preparations))('has not become more when it prepared %s', async (_, text) => {
    await using siege = await empty(engine)
    const { owner, attacker, login } = siege
    await attacker.query(text)
    await expect(installEngine(owner, install)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining(`belongs to ${login}`),
    })
    const { rows } = await owner.query('select rolsuper from pg_roles where rolname = $1', [login])
    expect(rows).toEqual([{ rolsuper: false }])
  })

  test.each([
    ['table', 'create table pgq_gateway.lost ()', 'alter table pgq_gateway.lost owner to'],
    [
      'function',
      `create function pgq.f() returns int language sql as 'select 1'`,
      'alter function pgq.f() owner to',
    ],
    ['type', 'create domain pgq_coop.d as text', 'alter domain pgq_coop.d owner to'],
  ])('is not served by what it owns there: a %s', async (kind, create, give) => {
    await using siege = await empty(engine)
    const { owner, login } = siege
    await installEngine(owner, install)
    await owner.query(`${create}; ${give} ${login}`)
    await expect(installEngine(owner, install)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringMatching(new RegExp(`^The ${kind} \\S+ belongs to ${login}, .* Drop it`)),
    })
  })

  test('is refused where it may create objects beside those of PgQ', async () => {
    await using siege = await empty(engine)
    const { owner, login } = siege
    await installEngine(owner, install)
    await owner.query(`grant create on schema pgq to ${login}`)
    const refusal = await installEngine(owner, install).catch((error: Error) => error.message)
    const remedy = /Ask its owner for: (.*)\.$/.exec(String(refusal))?.[1]
    await owner.query(remedy ?? '')
    expect((await installEngine(owner, install)).actions).toEqual([])
  })
})

describe.each(availableEngines)('pgq_reader on %s', (engine) => {
  const settle = `pgq_gateway.finish_and_publish(1, null, null, '{}', '{}', '{}', '{}', '{q}', '{t}', '{d}', '{null}',
    '{null}', '{null}', '{null}')`
  const stage = `pgq_gateway.stage_settlement(1, gen_random_uuid(), 1, '{}', '{}', '{}', '{}', '{}', '{q}', '{t}', '{d}',
    '{null}', '{null}', '{null}', '{null}', '{null}')`

  test('publishes nothing with a settlement, unless its login is a writer too', async () => {
    await using siege = await besiege(engine, 'pgq_reader')
    const { owner, attempt, login } = siege
    await owner.query(`select pgq_gateway.insert_events('q', '{t}', '{d}')`)
    await owner.query(`select pgq_gateway.tick('q', true)`)
    await owner.query(`select pgq.next_batch('q', 'c')`)
    for (const call of [settle, stage, `pgq_gateway.insert_events('q', '{t}', '{d}')`])
      expect([call, await attempt(`select ${call}`)]).toEqual([call, '42501'])
    await owner.query(`grant pgq_writer to ${login}`)
    expect(await attempt(`set role pgq_reader; select ${settle}; reset role`)).toBeNull()
    const { rows } = await owner.query('select count(*)::int from only pgq.event_1_0')
    expect(rows).toEqual([{ count: 2 }])
    await siege.expectUnharmed()
  })

  test('ends no claim of a gateway that lives as another login, and takes no life from it', async () => {
    await using siege = await besiege(engine, 'pgq_reader')
    const { owner, attempt } = siege
    await owner.query('select pgq_gateway.begin_life(5)')
    await owner.query(`select pgq_gateway.claim_stream('q', 'c', null, gen_random_uuid(), 5)`)
    await owner.query(`update pgq_gateway.stream set since = now() - interval '1 min'`)
    expect(await attempt(`select pgq_gateway.release_orphans(5, '{}')`)).toBe('42501')
    expect(await attempt('select pgq_gateway.begin_life(5)')).toBe('42501')
    expect(await attempt('select pgq_gateway.sign_of_life(5, false)')).toBeNull()
    expect((await owner.query('select gateway from pgq_gateway.stream')).rows).toEqual([{ gateway: 5 }])
    await owner.query(`select pgq_gateway.release_orphans(5, '{}')`)
    expect((await owner.query('select from pgq_gateway.stream')).rowCount).toBe(0)
  })
})

describe.each(['pgq_reader', 'pgq_writer', 'pgq_admin'] as const)('a login that is %s', (role) => {
  test('neither takes nor ends nor prolongs the life of a gateway that shares its sessions', async () => {
    await using siege = await besiege('sql-18', role)
    const { owner, attempt } = siege
    const life = '00000000-0000-4000-8000-000000000005'
    const state = async () =>
      (
        await owner.query(
          'select pid, life, login, seen_at::text, presumed_dead, leads from pgq_gateway.gateway',
        )
      ).rows
    await owner.query(
      `select pgq_gateway.begin_life(5, '${life}'), pgq_gateway.sign_of_life(5, true, '${life}')`,
    )
    const before = await state()
    expect(before).toMatchObject([{ leads: true, presumed_dead: false }])
    for (const call of [
      'begin_life(5)',
      `begin_life(5, '${life}')`,
      'begin_life(5, gen_random_uuid())',
      `sign_of_life(5, false, '${life}')`,
      `sign_of_life(5, null, '${life}')`,
      'sign_of_life(5, false, null)',
      `end_life(5, '${life}')`,
      `ticker_look(5, null, null, '${life}')`,
      `dead_gateways('{5}')`,
      `release_orphans(5, '{}')`,
    ])
      await attempt(`select pgq_gateway.${call}`)
    expect(await attempt('select life from pgq_gateway.gateway')).toBe('42501')
    expect(await attempt(`update pgq_gateway.gateway set presumed_dead = true`)).toBe('42501')
    expect(await state()).toEqual(before)
    await siege.expectUnharmed()
  })
})

describe.each(availableEngines)('a login without a role of PgQ, and its locks, on %s', (engine) => {
  test('keep no consumer from being registered', async () => {
    await using siege = await besiege(engine)
    const { owner, attempt } = siege
    await attempt(`select pg_advisory_lock(hashtextextended('pgq_gateway consumer new', 0))`)
    for (const lock of [
      'lock table pgq_gateway.consumer_name in access share mode',
      'select from pgq_gateway.consumer_name for key share',
      'select from pgq.queue for key share',
      'select from pgq.consumer for key share',
    ])
      expect([lock, await attempt(`begin; ${lock}`), await attempt('rollback')]).toEqual([
        lock,
        '42501',
        null,
      ])
    await owner.query(`set statement_timeout = '5s'`)
    await owner.query(`select pgq_gateway.register_consumer('q', 'new', null)`)
    await owner.query(`select pgq_gateway.register_subconsumer('q', 'new group', 'one')`)
    await siege.expectUnharmed()
  })
})

describe.each(availableEngines)('a login with all roles of PgQ on %s', (engine) => {
  const everything = ['pgq_reader', 'pgq_writer', 'pgq_admin'] as const

  /** The life of a queue of this name, by functions that run as their owner. */
  const life = (name: string) => [
    `pgq_gateway.create_queue(${name}, null, null, null, null, null)`,
    `pgq_gateway.set_queue_config(${name}, 10, '0', '0', '1 h', false, false)`,
    `pgq_gateway.register_event_type(${name}, ${name}, 0, '{}', false, false)`,
    `pgq_gateway.register_consumer(${name}, ${name}, null)`,
    `pgq_gateway.register_subconsumer(${name}, 'group', 'one')`,
    `pgq_gateway.insert_events(${name}, array[${name}], array[${name}])`,
    `pgq.insert_event(${name}, ${name}, ${name})`,
    `count(*) from pgq.get_consumer_info()`,
    `pgq_gateway.tick(${name}, true)`,
    `pgq_gateway.next_batch(${name}, ${name}, null, null, null, null, null)`,
    `pgq_gateway.batch_events(max(sub_batch), row(0, 10, array[${name}], ${name}, null, null, null)) from pgq.subscription`,
    `pgq_gateway.tick_events(max(queue_id), 1, 2, row(0, 10, array[${name}], ${name}, null, null, null)) from pgq.queue`,
    `pgq_gateway.next_coop_batch(${name}, 'group', 'one', null, null, null, null, null, null)`,
    `pgq_gateway.unregister_subconsumer(${name}, 'group', 'one', 'RETRY_EVENTS')`,
    `pgq_gateway.maint_retry_events()`,
    `pgq_gateway.drop_queue(${name}, true)`,
  ]

  test.each([
    `$$'; select evil.grab(); --$$`,
    `$$"; select evil.grab(); --$$`,
    `$$%s %I %L $1 \\'$$`,
    `'pgq.event_1'`,
    `repeat('x', 5000)`,
  ])('finds no queue, consumer or type whose name is taken for SQL: %s', async (name) => {
    await using siege = await besiege(engine, ...everything)
    await siege.attempt(trap(siege.login))
    for (const setting of ['on', 'off']) {
      await siege.attempt(`set standard_conforming_strings = ${setting}; set escape_string_warning = off`)
      for (const call of life(name.replaceAll('\\', '')))
        expect([call, await siege.attempt(`select ${call}`)]).toEqual([call, null])
    }
    await siege.expectUnharmed()
  })

  test('has none of its own functions, operators or temporary tables used by those of PgQ', async () => {
    await using siege = await besiege(engine, ...everything)
    if (engine.startsWith('extension')) await siege.run(await remedy('owner of the extension'))
    expect(
      await siege.attempt(`${trap(siege.login)};
        create function evil.now() returns timestamptz language sql as 'select pg_catalog.now() from evil.grab()';
        create function evil.glue(text, int4) returns text language sql as $$ select evil.grab()::text $$;
        create operator evil.|| (leftarg = text, rightarg = int4, function = evil.glue);
        create function evil.is_equal(text, text) returns bool language sql as $$ select evil.grab() = 1 $$;
        create operator evil.= (leftarg = text, rightarg = text, function = evil.is_equal);
        create function evil.txid_current() returns bigint language sql as 'select evil.grab()';
        create function evil.set_config(text, text, bool) returns text language sql as 'select evil.grab()::text';
        create function evil.format(text, variadic text[]) returns text language sql as 'select evil.grab()::text';
        create temporary table queue (queue_id int); create temporary table subscription (sub_batch bigint);
        create temporary table lease (token uuid); create temporary table pg_class (oid oid);
        set search_path = pg_temp, evil, pg_catalog`),
    ).toBeNull()
    for (const call of life(`'mine'::pg_catalog.text`))
      expect([call, await siege.attempt(`select ${call}`)]).toEqual([call, null])
    await siege.expectUnharmed()
  })

  test('puts no trigger, rule or policy on a table, and replaces no function', async () => {
    await using siege = await besiege(engine, ...everything)
    await siege.attempt(trap(siege.login))
    for (const table of [
      'pgq.queue',
      'pgq.tick',
      'pgq.subscription',
      'pgq.event_template',
      'pgq.event_1',
      'pgq.event_1_0',
      'pgq_gateway.lease',
    ])
      for (const text of [
        `create trigger seize before insert on ${table} for each row execute function evil.seize()`,
        `create rule grab as on insert to ${table} do also select evil.grab()`,
        `create policy grab on ${table} using (evil.grab() = 1)`,
        `alter table ${table} disable trigger all`,
        `create index on ${table} ((evil.grab()))`,
      ])
        expect([text, await siege.attempt(text)]).toEqual([text, '42501'])
    for (const text of [
      `create or replace function pgq.version() returns text language sql as 'select evil.grab()::text'`,
      'create function pgq.f() returns int language sql as $$ select 1 $$',
      'create function pgq_gateway.f() returns int language sql as $$ select 1 $$',
      'alter function pgq_gateway.tick(text, bool) owner to current_user',
      'alter function pgq_gateway.tick(text, bool) reset all',
      `update pgq_gateway.installed set checksum = ''`,
      `select pgq_gateway._select_events('select evil.grab()', null)`,
      'select pgq_gateway.missing_txids()',
    ])
      expect([text, await siege.attempt(text)]).toEqual([text, '42501'])
    await siege.expectUnharmed()
  })
})

test.each(availableEngines)(
  'a login without rights on the database stays out of it on %s, by the SQL of the document',
  async (engine) => {
    await using siege = await besiege(engine)
    await siege.run(await remedy('revoke connect'))
    const stranger = await siege.database.createLogin()
    await expect(siege.database.connect(stranger)).rejects.toMatchObject({ code: '42501' })
  },
)
