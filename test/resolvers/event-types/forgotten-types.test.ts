import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { availableEngines, createTestDatabase, type EngineName } from '../../support/database.ts'

async function setUp(engine: EngineName) {
  const fixture = await createTestDatabase(engine)
  const client = await fixture.connect()
  await client.query(`select pgq.create_queue('q'), pgq.create_queue('short')`)
  return {
    client,
    register: (queue: string, type: string) => register(client, queue, type),
    count: async (condition: string) => {
      const { rows } = await client.query<{ count: number }>(
        `select count(*)::int from pgq_gateway.${condition}`,
      )
      return rows[0]?.count
    },
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

/** Registers a type that is not there. @returns its version. */
async function register(client: pg.Client, queue: string, type: string): Promise<number | undefined> {
  const { rows } = await client.query<{ version: number }>(
    `select pgq_gateway.register_event_type($1, $2, 0, '{}', false, null) as version`,
    [queue, type],
  )
  return rows[0]?.version
}

describe.each(availableEngines)('event types that are gone on %s', (engine) => {
  test('are forgotten past ten thousand, and no version is given twice to a name', async () => {
    await using t = await setUp(engine)
    for (const type of ['oldest', 'live']) await t.register('q', type)
    await t.client.query(`select pgq_gateway.remove_event_type('q', 'oldest')`)
    await t.client.query(
      `update pgq_gateway.event_type_counter set version = 7, removed_at = now() - interval '1 d' where removed_at is not null`,
    )
    await t.client.query(
      `insert into pgq_gateway.event_type_counter (key, version, removed_at)
       select pgq_gateway._event_type_key('q', 'kept' || n), 2, now() - make_interval(secs => n) from generate_series(1, 9999) n`,
    )
    expect(await t.register('q', 'first')).toBe(1)
    await t.client.query(`select pgq_gateway.remove_event_type('q', 'first')`)
    expect(await t.register('q', 'new')).toBe(8)
    expect(await t.count('event_type_counter where removed_at is not null')).toBe(10_000)
    expect(await t.register('q', 'oldest')).toBe(8)
    expect(await t.register('q', 'kept1')).toBe(3)
    expect(await t.count('event_type_counter where removed_at is null')).toBe(4)
  })

  test('are removed with all their versions after PgQ itself has dropped their queue', async () => {
    await using t = await setUp(engine)
    expect(await t.register('short', 'a')).toBe(1)
    await t.client.query(`select pgq.drop_queue('short')`)
    await t.register('q', 'b')
    expect(await t.count('event_type')).toBe(1)
    expect(await t.count('event_type_version')).toBe(1)
    expect(await t.count('event_registry')).toBe(1)
    expect(await t.count('event_type_counter where removed_at is not null')).toBe(1)
  })

  test('keep their counter when a queue is dropped through the gateway', async () => {
    await using t = await setUp(engine)
    await t.register('short', 'a')
    await t.client.query(
      `select pgq_gateway.drop_queue('short', false), pgq_gateway.create_queue('short', null, null, null, null, null)`,
    )
    expect(await t.count('event_type_counter where removed_at is not null')).toBe(1)
    expect(await t.register('short', 'a')).toBe(2)
    expect(await t.count('event_type_counter where removed_at is not null')).toBe(0)
  })
})
