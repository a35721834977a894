import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import { describe, expect, it } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { sqlEngines } from '../support/database.ts'
import { type CatalogEntry, readCatalog } from './catalog.ts'
import { createEmptyDatabase, type EmptyDatabase } from './empty-database.ts'

// Each is the pg_dump of a database that an older version installed, in use. Its transaction ids are set low, so that
// every server is past them.
const dumps = {
  '0.0.9': await readFile(new URL('upgrade/0.0.9.sql', import.meta.url), 'utf8'),
  // The last catalog that has no record of migrations.
  'before migrations': await readFile(new URL('upgrade/before-migrations.sql', import.meta.url), 'utf8'),
}

async function restore(database: EmptyDatabase, dump: keyof typeof dumps): Promise<pg.Client> {
  // A session of its own, since a dump changes settings.
  await (await database.connect()).query(dumps[dump])
  return database.connect()
}

/** `object` leaves out what private functions had no mark of, what became a composite type, and an argument that came. */
function rightsByName(catalog: CatalogEntry[]): Map<string, string> {
  const simplified = (object: string) =>
    object
      .replace('pgq_gateway._', 'pgq_gateway.')
      .replace(/(pgq_gateway\.(?:\w*(?:events|publish)\w*|ticker_step))\(.*/, '$1')
  return new Map(catalog.map(({ object, rights }) => [simplified(object), rights.join(' ')]))
}

describe.each(sqlEngines)('an upgrade on %s', (engine) => {
  it.each(['0.0.9', 'before migrations'] as const)(
    'makes of a database of %s what a new installation makes',
    async (dump) => {
      await using database = await createEmptyDatabase(engine)
      await using fresh = await createEmptyDatabase(engine)
      const client = await restore(database, dump)
      const freshClient = await fresh.connect()
      const { actions } = await installEngine(client, { engine: 'auto' })
      const ofFresh = await installEngine(freshClient, { engine: 'sql' })
      expect(await readCatalog(client)).toEqual(await readCatalog(freshClient))
      const migrations = (list: string[]) => list.filter((action) => action.startsWith('applied migration'))
      expect(migrations(actions)).toEqual(migrations(ofFresh.actions))
      expect((await installEngine(client, { engine: 'auto' })).actions).toEqual([])
    },
  )

  it('keeps queues, open batches, retries, triggers and positions of 0.0.9 at work', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await restore(database, '0.0.9')
    const { actions, warnings } = await installEngine(client, { engine: 'auto' })
    expect(warnings).toEqual([])
    for (const schema of ['pgq', 'pgq_coop', 'pgq_ext']) {
      expect(actions).toContainEqual(expect.stringContaining(`updated schema ${schema} from 0.0.9 to `))
    }

    const dataOf = async (batch: unknown) => {
      const { rows } = await client.query('select ev_data from pgq.get_batch_events($1)', [batch])
      return rows.map((row) => row.ev_data)
    }
    const nextOf = async (sql: string) => (await client.query(`select ${sql} as batch`)).rows[0]?.batch
    const plain = `pgq.next_batch('kept', 'c')`
    const coop = `pgq_coop.next_batch('kept', 'm', 's')`
    expect([await nextOf(plain), await nextOf(coop)]).toEqual(['1', '2'])
    expect(await dataOf('1')).toEqual(['in the open batch'])
    await client.query('select pgq.finish_batch(1), pgq_coop.finish_batch(2)')
    expect(await dataOf(await nextOf(plain))).toEqual(['{"id":1,"title":"by trigger"}'])
    await client.query(`insert into item values (2, 'after the upgrade')`)
    await client.query('select pgq.maint_retry_events()')
    await client.query(`select pgq.ticker('kept')`)
    await client.query('select pgq.finish_batch(sub_batch) from pgq.subscription where sub_batch is not null')
    expect(await dataOf(await nextOf(plain))).toEqual([
      'in the open batch',
      'not ticked',
      '{"id":2,"title":"after the upgrade"}',
    ])
    expect((await client.query(`select pgq_ext.get_last_tick('there') as tick`)).rows).toEqual([
      { tick: '7' },
    ])
    expect((await client.query(`select pgq.create_queue('new') as created`)).rows).toEqual([{ created: 1 }])
  })

  it('keeps leases, claims, dead letters and event types of before migrations at work', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await restore(database, 'before migrations')
    const { warnings } = await installEngine(client, { engine: 'auto' })
    expect(warnings).toEqual([])

    const value = async (sql: string) => Object.values((await client.query(sql)).rows[0] ?? {})[0]
    const settle = (batch: number, token: number) =>
      value(
        `select pgq_gateway.finish_batch(${batch}, '00000000-0000-4000-8000-00000000000${token}', 1, '{}', '{}', '{}', '{}')`,
      )
    // Batch 1 was settled by its token before the upgrade; the others are open under theirs.
    expect(await settle(1, 0)).toBe(false)
    await expect(settle(2, 2)).rejects.toMatchObject({ code: 'PQ011' })
    expect(await value(`select array_agg(ev_data) from pgq_gateway.batch_events(3, null)`)).toEqual([
      'settled',
    ])
    expect([await settle(2, 1), await settle(3, 2)]).toEqual([true, true])
    await expect(
      client.query(`select pgq_gateway.next_coop_batch('kept', 'm', 's', null, null, null, null,
        '00000000-0000-4000-8000-000000000008', 1)`),
    ).rejects.toMatchObject({ code: 'PQ009' })

    expect(await value(`select pgq_gateway.requeue_dead_letters(null, 'kept', 'c', 10)`)).toBe(1)
    expect(await value('select pgq_gateway.maint_retry_events()')).toBe(2)
    await client.query(`insert into item values (2, 'after the upgrade')`)
    await client.query(`select pgq_gateway.tick('kept', true)`)
    const next = async () => {
      const opened = await client.query(
        `select batch_id, lease_token from pgq_gateway.next_batch('kept', 'c', null, null, null, null, 1)`,
      )
      const { batch_id, lease_token } = opened.rows[0]
      const read = await client.query('select ev_data from pgq_gateway.batch_events($1, null)', [batch_id])
      await client.query(`select pgq_gateway.finish_batch($1, $2, 1, '{}', '{}', '{}', '{}')`, [
        batch_id,
        lease_token,
      ])
      return read.rows.map((row) => row.ev_data)
    }
    expect(await next()).toEqual(['{"id":1,"title":"by trigger"}'])
    expect(await next()).toEqual([
      'settled',
      'in the open batch',
      'not ticked',
      '{"id":2,"title":"after the upgrade"}',
    ])

    const register = (type: string, base: number) =>
      value(`select pgq_gateway.register_event_type('kept', '${type}', ${base}, '{}', true, null)`)
    expect([await register('created', 2), await register('gone', 0)]).toEqual([3, 2])
    expect(await value(`select revision from pgq_gateway.enforced_event_types('kept')`)).toBe('6')
  })

  it('leaves the rights on everything as they were before migrations', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await restore(database, 'before migrations')
    const before = rightsByName(await readCatalog(client))
    await installEngine(client, { engine: 'auto' })
    const after = rightsByName(await readCatalog(client))
    expect(before.size).toBeGreaterThan(150)
    // These lock the rows of gateways now, and are for gateways alone.
    before.set('function pgq_gateway.dead_gateways(integer[])', 'pgq_admin:EXECUTE pgq_reader:EXECUTE')
    before.set('function pgq_gateway.gateway_is_alive(integer)', '')
    // This looks itself whether the login is a writer, too.
    before.set('function pgq_gateway.finish_and_publish', 'pgq_admin:EXECUTE pgq_reader:EXECUTE')
    for (const [object, rights] of before) expect([object, after.get(object)]).toEqual([object, rights])
  })

  it('withdraws what the older version granted too much (P25)', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await restore(database, '0.0.9')
    const mayWriterCreate = async () =>
      (
        await client.query(
          `select has_function_privilege('pgq_writer', 'pgq.create_queue(text)', 'execute') as may`,
        )
      ).rows[0]?.may
    expect(await mayWriterCreate()).toBe(true)
    await installEngine(client, { engine: 'auto' })
    expect(await mayWriterCreate()).toBe(false)
  })
})
