import { until } from '../../support/deadline.ts'
import { setup } from '../sessions.ts'
import { pitfall } from './pitfall.ts'

pitfall(
  'P6: two sessions that ask for a batch of one consumer at once get the same',
  { upstream: ['1', '2'], ours: ['1', '1'] },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.ask(`select pgq.ticker('q')`)
    const [first] = await sessions.askIn('a', `begin; select pgq.next_batch('q', 'c')`)
    const second = sessions.askIn('b', `select pgq.next_batch('q', 'c')`)
    await until(() => sessions.isBlocked('b'), 'the second session to wait for the first')
    await sessions.askIn('a', 'commit')
    return [first, (await second)[0]]
  },
)

pitfall(
  'P8: a disabled queue does not hold up the retries of the others',
  { upstream: 'failed', ours: '1' },
  async (sessions) => {
    await sessions.ask(`${setup}; select pgq.create_queue('off'); select pgq.register_consumer('off', 'c')`)
    await sessions.ask(`select pgq.event_retry_raw('off', 'c', now() - interval '1 hour', null, now(), 1, 't', 'd', null, null, null, null);
      select pgq.event_retry_raw('q', 'c', now(), null, now(), 1, 't', 'd', null, null, null, null);
      update pgq.queue set queue_disable_insert = true where queue_name = 'off'`)
    if (await sessions.failure('main', 'select pgq.maint_retry_events()')) return 'failed'
    const [moved = null] = await sessions.ask('select count(*) from pgq.event_1 where ev_owner is not null')
    return moved
  },
)

pitfall(
  'P8: a queue with a limit per transaction gets its retries within that limit',
  { upstream: ['failed', '0'], ours: ['moved', '2'] },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.ask(`select pgq.insert_event('q', 't', x::text) from generate_series(1, 5) x`)
    await sessions.ask(`select pgq.ticker('q'); `)
    await sessions.ask(`select pgq.next_batch('q', 'c')`)
    await sessions.ask('select pgq.batch_retry(1, 0); update pgq.queue set queue_per_tx_limit = 2')
    const failed = await sessions.failure('main', 'select pgq.maint_retry_events()')
    const [moved = null] = await sessions.ask('select count(*) from pgq.event_1 where ev_owner is not null')
    return [failed ? 'failed' : 'moved', moved]
  },
)

pitfall(
  'P10: the second step in the transaction of the first loses no event',
  { upstream: [], ours: ['between'] },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.passRotation()
    await sessions.askIn('maintenance', `begin; select pgq.maint_rotate_tables_step1('q')`)
    await sessions.askIn('producer', `begin; select pgq.insert_event('q', 't', 'between')`)
    await sessions.askIn('maintenance', 'select pgq.maint_rotate_tables_step2(); commit')
    await sessions.passRotation()
    await sessions.askIn('producer', 'commit')
    await sessions.ask(`select pgq.ticker('q')`)
    return sessions.consume()
  },
)

pitfall(
  'P10: a rotation whose second step was forgotten is not the last',
  { upstream: '1', ours: '2' },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.ask(`select pgq.unregister_consumer('q', 'c')`)
    for (let i = 0; i < 3; i++) {
      await sessions.ask(`select pgq.ticker('q')`)
      await sessions.ask(`select pgq.maint_rotate_tables_step1('q')`)
    }
    const [table = null] = await sessions.ask('select queue_cur_table from pgq.queue')
    return table
  },
)

pitfall(
  'P16: maintenance does not list functions that an admin of queues could have made',
  { upstream: ['public.mine'], ours: [] },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.ask(`grant create on schema public to pgq_admin`)
    await sessions.askIn(
      'admin',
      `set role pgq_admin;
       create function public.mine(text) returns int language sql as 'select 0';
       update pgq.queue set queue_extra_maint = array['public.mine']`,
    )
    return sessions.ask(`select func_name from pgq.maint_operations() where func_name = 'public.mine'`)
  },
)
