import type { Sessions } from '../sessions.ts'
import { setup } from '../sessions.ts'
import { pitfall } from './pitfall.ts'

/** Rotates the queue and moves the consumer past it, after which only the new table is searched. */
async function rotateAndCatchUp(sessions: Sessions): Promise<void> {
  await sessions.ask(`select pgq.maint_rotate_tables_step1('q')`)
  await sessions.ask('select pgq.maint_rotate_tables_step2()')
  await sessions.passRotation()
}

async function prepare(sessions: Sessions): Promise<void> {
  await sessions.ask(setup)
  await sessions.passRotation()
}

for (const level of ['repeatable read', 'serializable']) {
  pitfall(
    `P1: an event of a ${level} producer whose snapshot is older than a rotation is not lost`,
    {
      upstream: { sqlstate: null, delivered: ['after'] },
      ours: { sqlstate: '40001', delivered: ['old snapshot', 'after'] },
    },
    async (sessions) => {
      await prepare(sessions)
      await sessions.askIn('producer', `begin isolation level ${level}; select count(*) from pgq.queue`)
      await rotateAndCatchUp(sessions)
      const insert = `select pgq.insert_event('q', 't', 'old snapshot')`
      const sqlstate = await sessions.failure('producer', `${insert}; commit`)
      if (sqlstate) await sessions.askIn('producer', 'rollback')
      // SQLSTATE 40001 asks for another attempt.
      if (sqlstate) await sessions.askIn('producer', insert)
      await sessions.ask(`select pgq.insert_event('q', 't', 'after')`)
      await sessions.ask(`select pgq.ticker('q')`)
      return { sqlstate, delivered: await sessions.consume() }
    },
  )

  pitfall(
    `P1: no rotation happens while a ${level} producer has inserted and not ended`,
    { upstream: ['1', '1'], ours: ['0', '1'] },
    async (sessions) => {
      await prepare(sessions)
      const currentTable = async () => (await sessions.ask('select queue_cur_table from pgq.queue'))[0]
      await sessions.askIn(
        'producer',
        `begin isolation level ${level}; select pgq.insert_event('q', 't', 'open')`,
      )
      await sessions.ask(`select pgq.maint_rotate_tables_step1('q')`)
      const during = await currentTable()
      await sessions.askIn('producer', 'commit')
      await sessions.ask(`select pgq.maint_rotate_tables_step1('q')`)
      return [during, await currentTable()]
    },
  )
}

pitfall(
  'P2: rows copied into current_event_table are not lost when a rotation comes between',
  { upstream: [], ours: ['copied'] },
  async (sessions) => {
    await prepare(sessions)
    const [table] = await sessions.askIn('producer', `begin; select pgq.current_event_table('q')`)
    await rotateAndCatchUp(sessions)
    await sessions.askIn(
      'producer',
      `insert into ${table} (ev_time, ev_type, ev_data) values (now(), 't', 'copied'); commit`,
    )
    await sessions.ask(`select pgq.ticker('q')`)
    return sessions.consume()
  },
)

pitfall(
  'P3: an event inserted in the transaction that created queue and consumer is not lost',
  { upstream: [], ours: ['first'] },
  async (sessions) => {
    await sessions.askIn('producer', 'begin; select txid_current()')
    await sessions.ask('select txid_current()')
    await sessions.askIn('producer', `${setup}; select pgq.insert_event('q', 't', 'first'); commit`)
    await sessions.ask(`select pgq.ticker('q')`)
    return sessions.consume()
  },
)

pitfall(
  'P3: an event of the ticking transaction is in the next batch, whatever others do',
  {
    upstream: [['own'], []],
    ours: [[], ['own']],
  },
  async (sessions) => {
    await prepare(sessions)
    await sessions.askIn('producer', `begin; select pgq.insert_event('q', 't', 'own')`)
    await sessions.ask('select txid_current()')
    await sessions.askIn('producer', `select pgq.ticker('q'); commit`)
    const first = await sessions.consume()
    await sessions.ask(`select pgq.ticker('q')`)
    return [first, await sessions.consume()]
  },
)

pitfall(
  'P17: a caller cannot run code with the rights of the owner through the search path',
  { upstream: ['postgres'], ours: [] },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.ask(`select pgq.ticker('q'); select pgq.next_batch('q', 'c')`)
    await sessions.ask(`create schema evil; grant all on schema evil to pgq_reader;
      create table evil.log (who text); grant all on evil.log to public`)
    await sessions.askIn(
      'attacker',
      `set role pgq_reader;
       create function evil.now() returns timestamptz language plpgsql as
         $$ begin insert into evil.log values (current_user); return pg_catalog.now(); end $$;
       set search_path = evil, pg_catalog;
       select pgq.finish_batch(1)`,
    )
    return sessions.ask('select distinct who from evil.log')
  },
)
