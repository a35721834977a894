import { describe, expect, it } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { availableEngines } from '../support/database.ts'
import { engineChoice } from '../support/engines.ts'
import { createEmptyDatabase } from './empty-database.ts'

describe.each(['LATIN1', 'SQL_ASCII'])('a database in %s', (encoding) => {
  it.each(availableEngines)('is installed into on %s, and works', async (engine) => {
    await using database = await createEmptyDatabase(engine, `encoding '${encoding}' locale 'C'`)
    const client = await database.connect()
    const { actions, warnings } = await installEngine(client, { engine: engineChoice(engine) })
    expect(actions).toContainEqual(expect.stringMatching(/^installed schema pgq_gateway /))
    expect(warnings).toEqual([])
    const value = async (sql: string) => Object.values((await client.query(sql)).rows[0] ?? {})[0]
    expect(await value(`select pgq_gateway.create_queue('grün', null, '0', '0', null, null)`)).toBe(true)
    expect(await value(`select pgq_gateway.register_consumer('grün', 'c', null)`)).toBe(true)
    expect(await value(`select pgq_gateway.register_event_type('grün', 't', 0, '{}', false, false)`)).toBe(1)
    await client.query(`select pgq_gateway.insert_events('grün', array['t'], array['é'])`)
    await client.query(`select pgq_gateway.tick('grün', true)`)
    const batch = await value(
      `select batch_id from pgq_gateway.next_batch('grün', 'c', null, null, null, null, null)`,
    )
    expect(await value(`select ev_data from pgq_gateway.batch_events(${batch}, null)`)).toBe('é')
    const long = 'ü'.repeat(101)
    await expect(client.query(`select pgq_gateway.tick('${long}')`)).rejects.toMatchObject({
      code: 'PQ001',
      message: expect.stringContaining('..."'),
    })
  })
})
