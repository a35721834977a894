import { expect, test } from 'vitest'
import { connectionTarget } from '../../src/postgres/connection-target.ts'
import { Database } from '../../src/postgres/database.ts'
import { createTestDatabase } from '../support/database.ts'
import { testLogger } from '../support/logger.ts'

test('a write that a server refuses as read-only ends the connections of all roles, and each is made again', async () => {
  await using fixture = await createTestDatabase()
  const admin = await fixture.connect()
  await using _admin = { [Symbol.asyncDispose]: () => admin.end() }
  await admin.query(`create function public.refuse() returns void language plpgsql
    as $$ begin raise exception using errcode = '25006'; end $$`)
  const database = new Database({
    name: 'main',
    target: connectionTarget(fixture.url),
    ...{ maxConnectionsPerRole: 5, statementTimeoutMs: 5_000, logger: testLogger() },
  })
  await using _database = { [Symbol.asyncDispose]: () => database.close() }
  database.admit()
  const text = 'select pg_backend_pid() as pid, pg_sleep(0.2)'
  const processes = async () => {
    const asked = (['reader', 'writer'] as const).flatMap((role) =>
      [1, 2].map(() => database.call<{ pid: number }>({ name: 'process', role, text })),
    )
    return (await Promise.all(asked)).flat().map(({ pid }) => pid)
  }
  const before = await processes()
  const underWay = processes()
  const refused = database.call({ name: 'refuse', role: 'admin', text: 'select public.refuse()' })
  await expect(refused).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect((await underWay).toSorted()).toEqual(before.toSorted())
  const after = await processes()
  expect(after.filter((pid) => before.includes(pid))).toEqual([])
  expect(after).toHaveLength(4)
})
