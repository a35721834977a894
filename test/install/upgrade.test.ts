import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { sqlEngines } from '../support/database.ts'
import { createEmptyDatabase } from './empty-database.ts'

// This is pg_dump's output of a used database of an older version. Its transaction ids were set so low that every
// server is past them.
const older = await readFile(new URL('upgrade/0.0.9.sql', import.meta.url), 'utf8')

describe.each(sqlEngines)('an upgrade on %s', (engine) => {
  it('keeps queues, open batches, retries, triggers and positions at work', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    await (await database.connect()).query(older)
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

  it('withdraws what the older version granted too much (P25)', async () => {
    await using database = await createEmptyDatabase(engine)
    const client = await database.connect()
    await (await database.connect()).query(older)
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
