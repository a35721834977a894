import pg from 'pg'
import { expect, test } from 'vitest'
import { call } from '../../src/postgres/call.ts'
import { isOutage } from '../../src/postgres/outage.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

test.each([
  ['a setting that the server does not take (22023)', { options: '-c work_mem=nonsense' }],
  ['a setting that there is not (42704)', { options: '-c nonsense=1' }],
  ['a database that there is not (3D000)', { database: 'none' }],
  ['a database that lets nobody in (55000)', { database: 'template0' }],
])('a connection that fails for %s is UNAVAILABLE, and tried again', async (_, config) => {
  await using fixture = await createTestDatabase()
  const { host, port, user, password, database } = new pg.Client({ connectionString: fixture.url })
  const pool = new pg.Pool({ host, port, user, password, database, ...config } as pg.PoolConfig)
  const error = await failure(call(pool, { name: 'one', text: 'select 1' }, []))
  await pool.end()
  expect(error).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/^The database cannot/) })
  expect(isOutage(error)).toBe(true)
})

test('a prepared statement that no longer fits a changed view is prepared again', async () => {
  await using fixture = await createTestDatabase()
  const pool = new pg.Pool({ connectionString: fixture.url, max: 1 })
  const select = { name: 'all-of-v', text: 'select * from v' }
  await pool.query('create view v as select 1 as a')
  expect(await call(pool, select, [])).toEqual([{ a: 1 }])
  await pool.query('drop view v; create view v as select 2 as a, 3 as b')
  expect(await call(pool, select, [])).toEqual([{ a: 2, b: 3 }])
  await pool.end()
})

test('a statement that no longer fits a view at each try is UNAVAILABLE', async () => {
  await using fixture = await createTestDatabase()
  const pool = new pg.Pool({ connectionString: fixture.url })
  const text = `do $$ begin raise 'changed again' using errcode = '0A000'; end $$`
  const error = await failure(call(pool, { name: 'changed', text }, []))
  await pool.end()
  expect(error).toMatchObject({ code: 'UNAVAILABLE', sqlstate: '0A000' })
  expect(isOutage(error)).toBe(true)
})

/** Makes a function that inserts the number and waits for the lock. */
const makeWork = (number: number, answer: string) => `
  create or replace function work(out n int, out m int) language plpgsql as $$
    begin insert into t values (${number}); perform pg_advisory_xact_lock(1); n := ${answer}; end $$;`

test.each([
  ['a function that it calls', 'drop function helper();'],
  ['the function that runs', 'drop function work();'],
])('a call that is under way when an upgrade drops %s is done once, as the new one', async (_, drop) => {
  await using fixture = await createTestDatabase()
  const pool = new pg.Pool({ connectionString: fixture.url })
  const upgrade = await fixture.connect()
  await upgrade.query(`
    create table t (n int);
    create function helper() returns int language sql as 'select 1';
    ${makeWork(1, 'helper()')}`)
  await upgrade.query('begin; select pg_advisory_xact_lock(1)')
  const answer = call(pool, { name: 'work', text: 'select n from work()' }, [])
  const waits = `select from pg_locks where locktype = 'advisory' and not granted`
  await until(async () => (await upgrade.query(waits)).rowCount !== 0, 'the call to wait')
  await upgrade.query(`${drop} ${makeWork(2, '2')} commit`)
  expect(await answer).toEqual([{ n: 2 }])
  expect((await upgrade.query('select n from t')).rows).toEqual([{ n: 2 }])
  await upgrade.end()
  await pool.end()
})

test.each([
  ['an exhausted sequence', `select nextval('s'), nextval('s'), nextval('s')`, '2200H'],
  ['a division by zero', 'select 1 / 0', '22012'],
  ['a constraint of a table', 'insert into t values (0)', '23514'],
  ['an exception', `do $$ begin raise 'a secret'; end $$`, 'P0001'],
  ['a constraint of a table in an insert of events', 'insert into t values (0)', '23514', 'BAD_INPUT'],
  ['a division by zero in an insert of events', 'select 1 / 0', '22012', 'BAD_INPUT'],
] as const)(
  '%s is nobody’s input, and thrown as it is',
  async (_, text, sqlstate, refusalCode?: 'BAD_INPUT') => {
    await using fixture = await createTestDatabase()
    const pool = new pg.Pool({ connectionString: fixture.url })
    await pool.query('create sequence s maxvalue 2; create table t (n int check (n > 0))')
    const error = await failure(call(pool, { name: 'x', text, refusalCode }, []))
    await pool.end()
    expect(error).toBeInstanceOf(pg.DatabaseError)
    expect(error).toMatchObject({ code: sqlstate })
  },
)

test.each([
  [`select pgq_gateway.tick('q')`, 'QUEUE_NOT_FOUND', 'queue'],
  [`select pgq.next_batch('q', 'c')`, 'CONSUMER_NOT_FOUND', 'consumer'],
])(
  'the field that is at fault in %s is for the API alone, and shown as no hint in SQL',
  async (text, code, field) => {
    await using fixture = await createTestDatabase()
    const pool = new pg.Pool({ connectionString: fixture.url })
    const error = await failure(call(pool, { name: 'x', text }, []))
    await pool.end()
    expect(error).toMatchObject({ code, field, cause: { hint: undefined } })
  },
)
