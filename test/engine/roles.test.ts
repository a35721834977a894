import { describe, expect, it } from 'vitest'
import { availableEngines, createTestDatabase } from '../support/database.ts'
import { Sessions } from './sessions.ts'

const refused = '42501'

describe.each(availableEngines)('roles on %s', (engine) => {
  it('carry a queue through its life, each with its own rights', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    const admin = (sql: string) => sessions.askIn('admin', sql)
    const reader = (sql: string) => sessions.askIn('reader', sql)
    const writer = (sql: string) => sessions.askIn('writer', sql)
    for (const role of ['admin', 'reader', 'writer']) await sessions.askIn(role, `set role pgq_${role}`)

    await admin(`select pgq.create_queue('q')`)
    await admin(
      `update pgq.queue set queue_ticker_max_lag = '0', queue_ticker_idle_period = '0', queue_rotation_period = '0'`,
    )
    await reader(`select pgq.register_consumer('q', 'c'), pgq_coop.register_subconsumer('q', 'm', 's')`)
    await writer(`select pgq.insert_event('q', 't', 'd')`)
    await writer(`begin isolation level repeatable read; select pgq.insert_event('q', 't', 'd');
      select pgq.current_event_table('q'); commit`)
    await admin(`select pgq.insert_event_raw('q', null, null, null, null, 't', 'd', null, null, null, null)`)
    await admin(`insert into pgq.event_1_0 (ev_time, ev_type) values (now(), 'copied')`)
    await admin('select pgq.ticker()')
    expect(await reader(`select pgq.next_batch('q', 'c')`)).toEqual(['1'])
    expect(await reader('select ev_id from pgq.get_batch_events(1)')).toEqual(['1', '2', '3', '4'])
    await reader(`begin; select ev_id from pgq.get_batch_cursor(1, 'walk', 2, 'true'); commit`)
    await reader('select pgq.event_retry(1, 1, 0), pgq.batch_retry(1, 0), pgq.finish_batch(1)')
    await admin('select pgq.maint_retry_events()')
    await reader(`select pgq_coop.next_batch('q', 'm', 's')`)
    await reader(`select pgq_coop.finish_batch(2), pgq.force_tick('q')`)
    await admin(`select pgq.ticker('q')`)
    await admin(`select * from pgq.maint_operations()`)
    await admin(`select pgq.maint_rotate_tables_step1('q')`)
    await admin('select pgq.maint_rotate_tables_step2()')
    await reader('select * from pgq.get_queue_info(); select * from pgq.get_consumer_info()')
    await reader(
      `select pgq_coop.unregister_subconsumer('q', 'm', 's', 1), pgq.unregister_consumer('q', 'm')`,
    )
    await admin(`select pgq.drop_queue('q', true)`)
  })

  it('stay within them', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    for (const role of ['reader', 'writer']) await sessions.askIn(role, `set role pgq_${role}`)
    await sessions.ask(`select pgq.create_queue('q')`)
    const failures = await Promise.all([
      sessions.failure('reader', `select pgq.insert_event('q', 't', 'd')`),
      sessions.failure('writer', `select pgq.next_batch('q', 'c')`),
    ])
    expect(failures).toEqual([refused, refused])
    for (const sql of [
      `select pgq.ticker()`,
      `select pgq.create_queue('r')`,
      `select pgq.insert_event_raw('q', null, null, null, null, 't', 'd', null, null, null, null)`,
      'delete from pgq.tick',
      'select * from pgq.retry_queue',
      `insert into pgq.event_1_0 (ev_time) values (now())`,
    ]) {
      expect([sql, await sessions.failure('reader', sql)]).toEqual([sql, refused])
      expect([sql, await sessions.failure('writer', sql)]).toEqual([sql, refused])
    }
  })
})
