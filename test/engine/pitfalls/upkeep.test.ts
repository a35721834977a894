import { expect, it } from 'vitest'
import { availableEngines, createTestDatabase } from '../../support/database.ts'
import { Sessions, setup } from '../sessions.ts'
import { pitfall } from './pitfall.ts'

// P7, that any caller who knows a batch's id may finish it, has no test here: programs rely on it. The gateway's leases
// keep others out, see test/resolvers/batches.

/** Opens and finishes a batch for each of so many ticks. */
async function cycle(sessions: Sessions, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await sessions.ask(`select pgq.ticker('q')`)
    await sessions.ask(`select pgq.finish_batch(pgq.next_batch('q', 'c'))`)
  }
}

pitfall(
  'P20: dead rows of a thousand subscriptions after which autovacuum clears them',
  { upstream: ['250'], ours: ['50'] },
  async (sessions) =>
    sessions.ask(
      `select round(coalesce(o.threshold, current_setting('autovacuum_vacuum_threshold')::numeric)
                  + coalesce(o.scale_factor, current_setting('autovacuum_vacuum_scale_factor')::numeric) * 1000)
         from (select max(option_value) filter (where option_name = 'autovacuum_vacuum_threshold')::numeric as threshold,
                      max(option_value) filter (where option_name = 'autovacuum_vacuum_scale_factor')::numeric as scale_factor
                 from pg_class left join pg_options_to_table(reloptions) on true
                where oid = 'pgq.subscription'::regclass) o`,
    ),
)

it.each(availableEngines)(
  'P20: on %s the room of dead subscription rows is used again once a long transaction has ended',
  async (engine) => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    const pages = () =>
      sessions.ask(`select pg_relation_size('pgq.subscription') / current_setting('block_size')::int`)
    await sessions.ask(setup)
    await sessions.askIn('holder', 'begin isolation level repeatable read; select txid_current()')
    await cycle(sessions, 300)
    const [held] = await pages()
    await sessions.askIn('holder', 'commit')
    await sessions.ask('vacuum pgq.subscription')
    await cycle(sessions, 200)
    expect(Number((await pages())[0])).toBeLessThanOrEqual(Number(held))
    // A call of next_batch without a batch leaves no dead rows either.
    const [written] = await sessions.ask(`select xmin from pgq.subscription`)
    await sessions.ask(`select pgq.next_batch('q', 'c')`)
    expect(await sessions.ask(`select xmin from pgq.subscription`)).toEqual([written])
  },
)

it.each(availableEngines)(
  'P24: on %s a role without any right of PgQ sees queues and consumers',
  async (engine) => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await sessions.ask(setup)
    for (const role of ['pgq_reader', 'nobody']) {
      const asRole =
        role === 'nobody' ? 'create role p24_nobody; set local role p24_nobody' : `set local role ${role}`
      expect(await sessions.ask(`begin; ${asRole}; select queue_name from pgq.get_queue_info()`)).toEqual([
        'q',
      ])
      expect(await sessions.ask(`select consumer_name from pgq.get_consumer_info()`)).toEqual(['c'])
      await sessions.ask('rollback')
    }
  },
)

it.each(availableEngines)('P25: on %s a writer is not a reader, nor the other way', async (engine) => {
  await using database = await createTestDatabase(engine)
  await using sessions = new Sessions(database)
  expect(
    await sessions.ask(
      `select concat_ws(' ', pg_has_role('pgq_writer', 'pgq_reader', 'member'), pg_has_role('pgq_reader', 'pgq_writer', 'member'),
                        has_function_privilege('pgq_writer', 'pgq.next_batch(text, text)', 'execute'),
                        has_function_privilege('pgq_reader', 'pgq.insert_event(text, text, text)', 'execute'))`,
    ),
  ).toEqual(['f f f f'])
})
