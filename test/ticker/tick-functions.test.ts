import type pg from 'pg'
import { beforeEach, describe, expect, test } from 'vitest'
import { availableEngines, createTestDatabase, type TestDatabase } from '../support/database.ts'

describe.each(availableEngines)('pgq_gateway.tick on %s', (engine) => {
  let database: TestDatabase
  let client: pg.Client

  beforeEach(async () => {
    database = await createTestDatabase(engine)
    client = await database.connect()
    await client.query(`select pgq.create_queue('q')`)
    await client.query('set role pgq_admin')
    return async () => {
      await client.end()
      await database[Symbol.asyncDispose]()
    }
  })

  async function value(text: string, on = client): Promise<unknown> {
    const { rows } = await on.query({ text, rowMode: 'array' })
    return rows[0]?.[0]
  }

  const tick = (force: boolean) => value(`select pgq_gateway.tick('q', ${force})`)

  async function setQueue(settings: string): Promise<void> {
    await client.query(`update pgq.queue set ${settings} where queue_name = 'q'`)
  }

  async function age(interval: string): Promise<void> {
    await client.query(`update pgq.tick set tick_time = tick_time - interval '${interval}'`)
  }

  test.each([
    ['PQ001', `select pgq_gateway.tick('nope')`, ''],
    ['PQ001', 'select pgq_gateway.tick(null)', ''],
    ['PQ006', `select pgq_gateway.tick('q', true)`, 'queue_ticker_paused = true'],
    ['PQ007', `select pgq_gateway.tick('q', true)`, 'queue_external_ticker = true'],
  ])('fails with %s for %s %s', async (code, text, settings) => {
    if (settings) await setQueue(settings)
    await expect(client.query(text)).rejects.toMatchObject({ code })
  })

  test('ticks for events although a clock that was set back has left the newest tick in the future', async () => {
    await tick(true)
    await age('-1 hour')
    await client.query(`select pgq.insert_event('q', 'x', 'y')`)
    expect(await tick(false)).toBe('3')
    expect(await value(`select tick_time <= clock_timestamp() from pgq.tick where tick_id = 3`)).toBe(true)
    expect(await tick(false)).toBe(null)
  })

  test('fails with PQ012 in a transaction that has written', async () => {
    await client.query('begin')
    await client.query(`update pgq.queue set queue_ticker_max_count = 1`)
    await expect(tick(true)).rejects.toMatchObject({ code: 'PQ012' })
    await client.query('rollback')
  })

  test('fails with PQ012 in a transaction that keeps its first snapshot', async () => {
    await client.query('begin isolation level repeatable read')
    await expect(tick(false)).rejects.toMatchObject({ code: 'PQ012' })
    await client.query('rollback')
  })

  test('makes no tick that is not due, and one when forced, again and again', async () => {
    await tick(false)
    expect(await tick(false)).toBeNull()
    const forced = [await tick(true), await tick(true)].map((id) => BigInt(id as string))
    expect(forced[1]).toBeGreaterThan(forced[0] ?? 0n)
    expect(await tick(false)).toBeNull()
  })

  test('moves the event sequence by one when the last tick is old enough', async () => {
    await tick(false)
    await age('1 minute')
    await setQueue("queue_ticker_idle_period = '1 day', queue_ticker_max_lag = '1 second'")
    await client.query(`update pgq.tick set tick_time = tick_time - interval '1 day' where tick_id = 1`)
    const before = await value('select pgq.seq_getval(queue_event_seq) from pgq.queue')
    expect(await tick(true)).not.toBeNull()
    const moved = BigInt((await value('select pgq.seq_getval(queue_event_seq) from pgq.queue')) as string)
    expect(moved - BigInt(before as string)).toBeLessThanOrEqual(1n)
  })

  test('waits for another tick of the same queue, and then has the newer snapshot', async () => {
    const other = await database.connect()
    await other.query('begin')
    await other.query('select pg_advisory_xact_lock(pgq_gateway._tick_lock_class(), queue_id) from pgq.queue')
    const waiting = tick(true)
    const marker = await value('select txid_current()', other)
    await other.query('commit')
    const id = await waiting
    const isNewer = `select txid_visible_in_snapshot(${marker}, tick_snapshot) from pgq.tick where tick_id = ${id}`
    expect(await value(isNewer)).toBe(true)
    await other.end()
  })

  test('leaves a queue to another ticker without waiting in its step', async () => {
    const other = await database.connect()
    await other.query('begin')
    await other.query('select pg_advisory_xact_lock(pgq_gateway._tick_lock_class(), queue_id) from pgq.queue')
    expect(await value(`select made_tick_id from pgq_gateway.ticker_step(array['q'], false)`)).toBeNull()
    await other.query('commit')
    await other.end()
    expect(await value(`select made_tick_id from pgq_gateway.ticker_step(array['q'], false)`)).not.toBeNull()
  })

  describe('has_unticked_events', () => {
    const hasUnticked = () => value('select pgq_gateway._has_unticked_events(queue_id) from pgq.queue')

    test('is false for events that a tick has, and for none', async () => {
      expect(await hasUnticked()).toBe(false)
      await client.query('reset role')
      await client.query(`select pgq.insert_event('q', 't', 'd')`)
      expect(await hasUnticked()).toBe(true)
      await tick(true)
      expect(await hasUnticked()).toBe(false)
    })

    test.each([
      ['committed', 'commit', true],
      ['rolled back', 'rollback', false],
    ])(
      'sees an event that was open at the tick when it is %s, though an older transaction is open',
      async (_, end, expected) => {
        const [old, other] = [await database.connect(), await database.connect()]
        await old.query('begin')
        await old.query('select txid_current()')
        await other.query('begin')
        await other.query(`select pgq.insert_event('q', 't', 'd')`)
        await tick(true)
        expect(await hasUnticked()).toBe(false)
        await other.query(end)
        expect(await hasUnticked()).toBe(expected)
        await old.query('commit')
        await Promise.all([old.end(), other.end()])
      },
    )
  })

  test('is for pgq_admin alone', async () => {
    for (const role of ['pgq_reader', 'pgq_writer']) {
      await client.query(`reset role`)
      await client.query(`set role ${role}`)
      await expect(tick(false)).rejects.toMatchObject({ code: '42501' })
    }
  })
})
