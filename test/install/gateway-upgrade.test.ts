import { expect, test } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { availableEngines, createTestDatabase } from '../support/database.ts'

const insertArguments = 'text, text[], text[], text[], text[], text[], text[]'
const finishArguments = `bigint, uuid, int4, bigint[], float8[], bigint[], text[], ${insertArguments.replace('text,', 'text[],')}`

/** Makes a database look like one from before migrations were recorded. */
const unrecorded = `
  drop table pgq_gateway.migration, pgq_gateway.mover, pgq_gateway.mover_source, pgq_gateway.mover_share, pgq_gateway.consumer_name, pgq_gateway.misnumbered_queue, pgq_gateway.gateway, pgq_gateway.forgotten_event_type, pgq_gateway.schema_revision cascade;
  alter table if exists pgq_gateway.event_type_counter drop column queue_id, drop column removed_at;
  drop type pgq_gateway.event, pgq_gateway.event_selection, pgq_gateway.move cascade;
  drop table pgq_gateway.staged_part;
  alter table pgq_gateway.lease drop column has_staged;
  update pgq_gateway.installed set checksum = 'older' where component = 'pgq_gateway'`

/** What 0.1.0 had before event types, as far as it is in the way. */
const before = `
  ${unrecorded};
  drop view pgq_gateway.event_type_info;
  drop table pgq_gateway.event_type, pgq_gateway.event_type_version, pgq_gateway.event_registry,
    pgq_gateway.event_type_counter;
  drop sequence pgq_gateway.event_registry_revision;
  drop function pgq_gateway.insert_events(${insertArguments}, bigint, timestamptz[]);
  drop function pgq_gateway.finish_and_publish(${finishArguments}, bigint[], int4[]);
  create function pgq_gateway.insert_events(${insertArguments.replace(/(, text\[\]){4}$/, '')},
    text[] default null, text[] default null, text[] default null, text[] default null)
    returns bigint[] language sql as 'select null::bigint[]';
  create function pgq_gateway.finish_and_publish(${finishArguments}) returns bool language sql as 'select null::bool'`

test.each(availableEngines)(
  'an upgrade on %s leaves no function of before event types beside the new one',
  async (engine) => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    try {
      await client.query(`select pgq.create_queue('q')`)
      await client.query(before)
      const { actions } = await installEngine(client, { engine: 'auto' })
      expect(actions[0]).toContain('updated schema pgq_gateway')
      expect(actions).toContain('applied migration 003-event-type-counter of schema pgq_gateway')
      const { rows } = await client.query(
        `select proname::text as name, pronargs::int as arguments from pg_proc
        where pronamespace = 'pgq_gateway'::regnamespace and proname in ('insert_events', 'finish_and_publish') order by 1`,
      )
      expect(rows).toEqual([
        { name: 'finish_and_publish', arguments: 16 },
        { name: 'insert_events', arguments: 9 },
      ])
      const inserted = await client.query(
        `select pgq_gateway.insert_events('q', array['t'], array['d']) as unchecked,
              pgq_gateway.insert_events('q', array['t'], array['d'], i_revision => 0) as checked`,
      )
      expect(inserted.rows).toEqual([{ unchecked: ['1'], checked: ['2'] }])
      expect((await installEngine(client, { engine: 'auto' })).actions).toEqual([])
    } finally {
      await client.end()
    }
  },
)

test.each(availableEngines)(
  'an upgrade on %s from before removed types were counted gives no version of theirs again',
  async (engine) => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    const register = async (type: string, base: number) => {
      const { rows } = await client.query(
        `select pgq_gateway.register_event_type('q', $1, $2, '{}', false, null) as version`,
        [type, base],
      )
      return rows[0]?.version
    }
    try {
      await client.query(`select pgq.create_queue('q')`)
      expect([await register('a', 0), await register('a', 1), await register('b', 0)]).toEqual([1, 2, 1])
      await client.query(`drop table pgq_gateway.event_type_counter; ${unrecorded}`)
      await installEngine(client, { engine: 'auto' })
      await client.query(`select pgq_gateway.remove_event_type('q', 'a')`)
      expect([await register('a', 0), await register('b', 1), await register('c', 0)]).toEqual([3, 2, 1])
    } finally {
      await client.end()
    }
  },
)

const changed = `
  create function pgq_gateway.vanished(int4) returns int4 language sql as 'select $1';
  create procedure pgq_gateway.vanished(text) language sql as 'select 1';
  drop function pgq_gateway.held_leases(uuid[]);
  create function pgq_gateway.held_leases(i_other uuid[]) returns int4 language sql as 'select 1';
  create function pgq_gateway.held_leases(uuid) returns int4 language sql as 'select 1';
  create or replace function pgq_gateway._event_type_key(i_queue text, i_type text) returns bytea language sql as 'select null::bytea';
  create function pgq.of_the_users_own() returns int4 language sql as 'select 1';
  update pgq_gateway.installed set checksum = 'older' where component = 'pgq_gateway'`

test.each(availableEngines)(
  'an upgrade on %s brings the leases and batches of before their last columns up to date',
  async (engine) => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    const columnsOf = async (relation: string) => {
      const { rows } = await client.query(
        'select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum',
        [`pgq_gateway.${relation}`],
      )
      return rows.map(({ name }) => name)
    }
    try {
      const asInstalled = [await columnsOf('lease'), await columnsOf('opened_batch')]
      await client.query(`${unrecorded};
        alter table pgq_gateway.lease drop column touched_at, add column settled_token uuid;
        alter type pgq_gateway.opened_batch drop attribute next_tick_id, drop attribute next_tick_time`)
      await installEngine(client, { engine: 'auto' })
      expect([await columnsOf('lease'), await columnsOf('opened_batch')]).toEqual(asInstalled)
    } finally {
      await client.end()
    }
  },
)

test.each(availableEngines)(
  'an upgrade on %s leaves the functions of pgq_gateway as a new installation makes them, and no other',
  async (engine) => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    const functionsOf = async (schema: string) => {
      const { rows } = await client.query(
        `select oid::regprocedure::text as signature, pg_get_function_arguments(oid) as arguments,
                pg_get_function_result(oid) as result, prosrc as body, proacl::text as rights
           from pg_proc where pronamespace = $1::regnamespace order by 1`,
        [schema],
      )
      return rows
    }
    const idOf = async (name: string) =>
      (await client.query('select $1::regproc::oid as id', [`pgq_gateway.${name}`])).rows[0]?.id
    try {
      const [asInstalled, insertEvents] = [await functionsOf('pgq_gateway'), await idOf('insert_events')]
      await client.query(changed)
      const ofPgq = await functionsOf('pgq')
      const { actions } = await installEngine(client, { engine: 'auto' })
      expect(actions).toEqual([
        expect.stringMatching(/^updated schema pgq_gateway from /),
        'dropped function pgq_gateway.held_leases(uuid)',
        'dropped function pgq_gateway.vanished(integer)',
        'dropped function pgq_gateway.vanished(text)',
      ])
      expect(await functionsOf('pgq_gateway')).toEqual(asInstalled)
      expect(await functionsOf('pgq')).toEqual(ofPgq)
      // Statements that gateways have prepared go on with it.
      expect(await idOf('insert_events')).toBe(insertEvents)
    } finally {
      await client.end()
    }
  },
)
