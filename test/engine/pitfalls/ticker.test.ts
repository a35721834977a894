import type { Sessions } from '../sessions.ts'
import { setup } from '../sessions.ts'
import { pitfall } from './pitfall.ts'

/** Makes the queue idle and sets the age of its newest tick and the gap before that. Seconds. */
async function age(sessions: Sessions, ageSeconds: number, gapSeconds: number): Promise<void> {
  await sessions.ask(
    `update pgq.queue set queue_ticker_max_lag = '500 ms', queue_ticker_idle_period = '1 minute';
     update pgq.tick set tick_time = now() - interval '${ageSeconds} s' where tick_id = (select max(tick_id) from pgq.tick);
     update pgq.tick set tick_time = now() - interval '${ageSeconds + gapSeconds} s'
      where tick_id = (select max(tick_id) - 1 from pgq.tick)`,
  )
}

pitfall(
  'P4: a ticker with an old snapshot does not make events come twice',
  { upstream: ['once', 'once'], ours: ['once'] },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.ask(`select pgq.ticker('q')`)
    await sessions.askIn('other', 'begin isolation level repeatable read; select count(*) from pgq.tick')
    await sessions.ask(`select pgq.insert_event('q', 't', 'once')`)
    await sessions.ask(`select pgq.ticker('q')`)
    await sessions.askIn('other', `select pgq.ticker('q'); commit`)
    await sessions.ask(`select pgq.ticker('q')`)
    return sessions.consume()
  },
)

pitfall(
  'P4: a ticker leaves a queue alone that another transaction is ticking',
  { upstream: ['2', '3'], ours: ['2', null] },
  async (sessions) => {
    await sessions.ask(setup)
    const [first] = await sessions.askIn('other', `begin; select pgq.ticker('q')`)
    const [second] = await sessions.ask(`select pgq.ticker('q')`)
    await sessions.askIn('other', 'commit')
    return [first, second]
  },
)

pitfall(
  'P5: the first event of a queue is ticked after max_lag like any other',
  { upstream: { counted: '0', tick: null }, ours: { counted: '1', tick: '3' } },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.ask(`select pgq.ticker('q')`)
    await age(sessions, 1, 40)
    await sessions.ask(`select pgq.insert_event('q', 't', 'first')`)
    const [counted = null] = await sessions.ask('select ev_new from pgq.get_queue_info()')
    const [tick = null] = await sessions.ask(`select pgq.ticker('q')`)
    return { counted, tick }
  },
)

pitfall(
  'P11: one broken queue does not stop the ticks of the others',
  { upstream: { sqlstate: '23505', ticked: '0' }, ours: { sqlstate: null, ticked: '1' } },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.ask(`select pgq.create_queue('broken'); select setval('pgq.event_2_tick_seq', 1, false)`)
    const sqlstate = await sessions.failure('main', 'select pgq.ticker()')
    const [ticked = null] = await sessions.ask(
      'select count(*) from pgq.tick where tick_queue = 1 and tick_id > 1',
    )
    return { sqlstate, ticked }
  },
)

pitfall(
  'P11: a queue whose transaction ids went backwards does not stop the others',
  { upstream: { failed: true, ticked: '0' }, ours: { failed: false, ticked: '1' } },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.ask(
      `select pgq.create_queue('a'); update pgq.tick set tick_snapshot = '900000000:900000000:' where tick_queue = 2`,
    )
    const failed = (await sessions.failure('main', 'select pgq.ticker()')) !== null
    const [ticked = null] = await sessions.ask(
      'select count(*) from pgq.tick where tick_queue = 1 and tick_id > 1',
    )
    return { failed, ticked }
  },
)

pitfall(
  'P14: an external tick behind the newest is refused',
  { upstream: [null, null], ours: ['PQ012', 'PQ012'] },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.ask(`select pgq.set_queue_config('q', 'external_ticker', 'true')`)
    await sessions.ask(`select pgq.ticker('q', 10, now(), 500)`)
    return [
      await sessions.failure('main', `select pgq.ticker('q', 9, now(), 500)`),
      await sessions.failure('main', `select pgq.ticker('q', 11, now(), 499)`),
    ]
  },
)

pitfall(
  'P30: an event that was not committed at a tick is ticked after max_lag, not after the idle gap',
  { upstream: null, ours: '3' },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.askIn('producer', `begin; select pgq.insert_event('q', 't', 'late')`)
    await sessions.ask(`select pgq.ticker('q')`)
    await sessions.askIn('producer', 'commit')
    await age(sessions, 1, 40)
    const [tick = null] = await sessions.ask(`select pgq.ticker('q')`)
    return tick
  },
)

pitfall(
  'P30: an idle queue is not ticked sooner because unrelated transactions are open',
  { upstream: null, ours: null },
  async (sessions) => {
    await sessions.ask(setup)
    await sessions.askIn('unrelated', 'begin; select txid_current()')
    await sessions.ask(`select pgq.ticker('q')`)
    await sessions.askIn('unrelated', 'commit')
    await age(sessions, 1, 40)
    const [tick = null] = await sessions.ask(`select pgq.ticker('q')`)
    return tick
  },
)
