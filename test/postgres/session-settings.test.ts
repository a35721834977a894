import { describe, expect, test } from 'vitest'
import type { Statement } from '../../src/postgres/call.ts'
import { availableEngines, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { request, requestData } from '../support/graphql.ts'
import { nextEvents } from '../support/read-events.ts'
import { startTestServer } from '../support/server.ts'

/** Values that change what statements mean, or end them early, each with the one that our sessions have. */
const hostile: Record<string, [theirs: string, ours: string]> = {
  array_nulls: ['off', 'on'],
  DateStyle: ['SQL, DMY', 'ISO, MDY'],
  IntervalStyle: ['sql_standard', 'postgres'],
  TimeZone: ['Asia/Kolkata', 'UTC'],
  extra_float_digits: ['-15', '1'],
  bytea_output: ['escape', 'hex'],
  standard_conforming_strings: ['off', 'on'],
  quote_all_identifiers: ['on', 'off'],
  transform_null_equals: ['on', 'off'],
  row_security: ['off', 'on'],
  restrict_nonsystem_relation_kind: ['view', ''],
  default_transaction_isolation: ['serializable', 'read committed'],
  default_transaction_deferrable: ['on', 'off'],
  statement_timeout: ['100ms', '30000'],
  lock_timeout: ['1ms', '0'],
  transaction_timeout: ['100ms', '0'],
  idle_session_timeout: ['100ms', '0'],
  idle_in_transaction_session_timeout: ['1ms', '60000'],
  exit_on_error: ['on', 'off'],
  client_min_messages: ['debug5', 'warning'],
  client_encoding: ['LATIN1', 'UTF8'],
  plan_cache_mode: ['force_generic_plan', 'auto'],
  jit: ['on', 'off'],
  search_path: ['trap, pg_catalog', 'pg_catalog, pg_temp'],
  session_replication_role: ['replica', 'origin'],
}

/** A function or operator of the catalog that nobody must call by its bare name. */
const traps = `
  create schema trap;
  create function trap.fail() returns text language plpgsql as $$ begin raise 'trapped'; end $$;
  create function trap.set_config(text, text, boolean) returns text language sql as 'select trap.fail()';
  create function trap.current_setting(text, boolean) returns text language sql as 'select trap.fail()';
  create function trap.pg_advisory_lock_shared(int, int) returns text language sql as 'select trap.fail()';
  create function trap.equals(text, text) returns boolean language sql as 'select trap.fail() is null';
  create operator trap.= (leftarg = text, rightarg = text, function = trap.equals)`

/** Sets what this server knows of them, for the database or for the login in it. @returns the names, as it has them. */
async function spoil(fixture: TestDatabase, where: 'database' | 'role'): Promise<string[]> {
  const admin = await fixture.connect()
  try {
    await admin.query(traps)
    const { rows } = await admin.query<{ name: string }>(
      'select name from pg_settings where name = any ($1)',
      [Object.keys(hostile)],
    )
    const whose = where === 'database' ? '' : 'role postgres in'
    for (const { name } of rows) {
      const values = hostile[name]?.[0].split(', ').map((value) => `'${value}'`)
      await admin.query(`alter ${whose} database ${fixture.name} set ${name} = ${values}`)
    }
    return rows.map(({ name }) => name)
  } finally {
    await admin.end()
  }
}

describe.each(availableEngines)('on %s', (engine) => {
  test.each(['database', 'role'] as const)('hostile settings of a %s change no answer', async (where) => {
    await using fixture = await createTestDatabase(engine)
    await spoil(fixture, where)
    await using server = await startTestServer({ engine, fixture })
    await requestData(
      server.url,
      `mutation {
        createQueue(input: { name: "q" }) { created }
        registerConsumer(input: { queue: "q", consumer: "c" }) { registered }
        insertEvents(input: { queue: "q", events: [{ type: null, data: "ä\\\\" }, { type: "NULL" }] }) { eventIds }
      }`,
    )
    const events = await nextEvents(server.url, 'type data time')
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    expect(events).toEqual([
      { type: null, data: 'ä\\', time },
      { type: 'NULL', data: null, time },
    ])
    await until(() => server.gateway.health().isReady, 'readiness')
  })

  test('no session has a hostile setting of its database', async () => {
    await using fixture = await createTestDatabase(engine)
    const names = await spoil(fixture, 'database')
    const live = await fixture.open()
    try {
      const text = 'select name, setting from pg_catalog.pg_settings where name = any ($1)'
      const statement: Statement = { name: 'settings', role: 'reader', text }
      const rows = await live.database.call<{ name: string; setting: string }>(statement, [names])
      const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
      expect(settings).toEqual(Object.fromEntries(names.map((name) => [name, hostile[name]?.[1]])))
    } finally {
      await live.close()
    }
  })

  test('a database that is set read-only is UNAVAILABLE for writes, and works again without it', async () => {
    await using fixture = await createTestDatabase(engine)
    await using server = await startTestServer({ engine, fixture })
    const create = (name: string) =>
      request(server.url, `mutation { createQueue(input: { name: "${name}" }) { created } }`)
    const admin = await fixture.connect()
    try {
      await admin.query(`alter database ${fixture.name} set default_transaction_read_only = on`)
      await admin.query(endOthers)
      const code = async () => (await create('a')).errors?.[0]?.extensions.code
      await until(async () => (await code()) === 'UNAVAILABLE', 'a refusal')
      expect(await requestData(server.url, '{ queues { edges { node { name } } } }')).toBeDefined()
      await admin.query(`alter database ${fixture.name} reset default_transaction_read_only`)
      // No time passes in which the connections could end because they are idle.
      await until(async () => !(await create('b')).errors, 'a mutation that works')
      await until(() => server.gateway.health().isReady, 'readiness')
    } finally {
      await admin.end()
    }
  })
})

const endOthers = `
  select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
