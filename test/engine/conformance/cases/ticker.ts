import { type ConformanceCase, next, opened, queue, subscribed, subscriptions, tick } from '../case.ts'

/** Ages the newest tick and the one before it: the rule of idle ticks looks at both. */
const aged = (ageSeconds: number, gapSeconds: number) => [
  `update pgq.tick set tick_time = now() - interval '${ageSeconds} s' where tick_id = (select max(tick_id) from pgq.tick)`,
  `update pgq.tick set tick_time = now() - interval '${ageSeconds + gapSeconds} s' where tick_id = (select max(tick_id) - 1 from pgq.tick)`,
  "select pgq.ticker('q') is null",
]
const calm = [
  ...queue,
  tick,
  "update pgq.queue set queue_ticker_max_lag = '3 s', queue_ticker_idle_period = '1 minute'",
]
const external = [...queue, "select pgq.set_queue_config('q', 'external_ticker', 'true')"]
const rotation = 'select queue_cur_table, queue_switch_step2 is null from pgq.queue'
const rotate = [tick, "select pgq.maint_rotate_tables_step1('q')", 'select pgq.maint_rotate_tables_step2()']

export const tickerCases: ConformanceCase[] = [
  {
    id: 'ticker/second-tick-comes-at-once',
    steps: [
      "select pgq.create_queue('q')",
      'select pgq.ticker()',
      'select pgq.ticker()',
      "select pgq.ticker('q')",
    ],
  },
  {
    id: 'ticker/refuses-unknown-paused-and-external',
    steps: [
      "select pgq.ticker('nope')",
      'select pgq.ticker(null)',
      ...queue,
      "select pgq.set_queue_config('q', 'ticker_paused', 'true')",
      tick,
      'select pgq.ticker()',
      "select pgq.set_queue_config('q', 'external_ticker', 'true')",
      tick,
      'select pgq.ticker()',
    ],
  },
  {
    id: 'ticker/ticks-at-every-call-with-zero-limits',
    steps: [...queue, tick, tick, tick, 'select pgq.ticker()'],
  },
  {
    id: 'ticker/idle-gaps-double',
    steps: [
      ...calm,
      ...aged(1.6, 0.4),
      ...aged(1.4, 8.6),
      ...aged(1.6, 1.4),
      ...aged(30, 40),
      ...aged(59, 61),
      ...aged(61, 59),
    ],
  },
  {
    id: 'ticker/new-events-wait-for-max-lag',
    steps: [
      ...calm,
      "select pgq.insert_event('q', 't', 'd')",
      "select pgq.insert_event('q', 't', 'd')",
      ...aged(2.5, 1),
      ...aged(3.5, 1),
    ],
  },
  {
    id: 'ticker/new-events-reach-max-count',
    steps: [
      ...calm,
      'update pgq.queue set queue_ticker_max_count = 2',
      "select pgq.insert_event('q', 't', 'd')",
      "select pgq.insert_event('q', 't', 'd')",
      "select pgq.insert_event('q', 't', 'd')",
      tick,
    ],
  },
  {
    id: 'ticker/warns-about-a-sequence-that-went-back',
    departure: 'P5: a sequence never used counts as 0',
    steps: [...queue, 'update pgq.tick set tick_event_seq = 100', tick],
  },
  {
    id: 'ticker/refuses-transaction-ids-that-went-back',
    steps: [
      ...queue,
      "update pgq.tick set tick_snapshot = '900000000:900000000:'",
      "do $$ begin perform pgq.ticker('q'); exception when others then raise exception '%', left(sqlerrm, 45); end $$",
    ],
  },
  {
    id: 'ticker/one-bad-queue-does-not-stop-the-others',
    departure: 'P11: it is skipped with a warning',
    steps: [
      ...queue,
      "select pgq.create_queue('bad')",
      "select setval('pgq.event_2_tick_seq', 1, false)",
      "update pgq.queue set queue_ticker_max_lag = '0', queue_ticker_idle_period = '0'",
      'select pgq.ticker()',
      'select tick_queue, count(*) from pgq.tick group by 1 order by 1',
    ],
  },
  {
    id: 'ticker-external/stores-what-it-is-told',
    steps: [
      ...external,
      "select pgq.ticker('q', 10, '2020-01-01 00:00:00+00', 500)",
      "select tick_id, tick_time = '2020-01-01 00:00:00+00', tick_event_seq from pgq.tick where tick_id > 1",
      "select pgq.seq_getval('pgq.event_1_id_seq'), pgq.seq_getval('pgq.event_1_tick_seq')",
      "select pgq.ticker('q', 10, now(), 501)",
      "select pgq.ticker('q', null, now(), 501)",
    ],
  },
  {
    id: 'ticker-external/refuses-other-queues',
    steps: [
      ...queue,
      "select pgq.ticker('q', 10, now(), 500)",
      "select pgq.ticker('nope', 10, now(), 500)",
      "select pgq.set_queue_config('q', 'external_ticker', 'true')",
      "select pgq.set_queue_config('q', 'ticker_paused', 'true')",
      "select pgq.ticker('q', 10, now(), 500)",
    ],
  },
  {
    id: 'ticker-external/refuses-to-go-back',
    departure: 'P14: such ticks would never be used',
    steps: [
      ...external,
      "select pgq.ticker('q', 10, now(), 500)",
      "select pgq.ticker('q', 9, now(), 501)",
      "select pgq.ticker('q', 11, now(), 499)",
    ],
  },
  {
    id: 'force-tick/bumps-the-sequence-and-gives-the-last-tick',
    steps: [
      ...queue,
      "update pgq.queue set queue_ticker_max_lag = '1 hour', queue_ticker_idle_period = '1 hour'",
      "select pgq.force_tick('q')",
      "select pgq.seq_getval('pgq.event_1_id_seq')",
      tick,
      tick,
      "select pgq.force_tick('nope')",
      'select pgq.force_tick(null)',
    ],
  },
  {
    id: 'force-tick/leaves-paused-and-external-queues-alone',
    steps: [
      ...queue,
      "select pgq.set_queue_config('q', 'ticker_paused', 'true')",
      "select pgq.force_tick('q')",
      "select pgq.seq_getval('pgq.event_1_id_seq')",
    ],
  },
]

export const maintenanceCases: ConformanceCase[] = [
  {
    id: 'rotation/always-returns-0',
    steps: [
      ...queue,
      "select pgq.maint_rotate_tables_step1('q')",
      rotation,
      "select pgq.maint_rotate_tables_step1('nope')",
      'select pgq.maint_rotate_tables_step1(null)',
      'select pgq.maint_rotate_tables_step2()',
    ],
  },
  {
    id: 'rotation/goes-round-without-consumers',
    steps: [
      ...queue,
      "update pgq.queue set queue_rotation_period = '0'",
      ...rotate,
      rotation,
      ...rotate,
      rotation,
      ...rotate,
      rotation,
      ...rotate,
      rotation,
    ],
  },
  {
    id: 'rotation/waits-for-consumers',
    steps: [
      ...subscribed,
      "update pgq.queue set queue_rotation_period = '0'",
      ...rotate,
      rotation,
      ...rotate,
      rotation,
      next,
      'select pgq.finish_batch(1)',
      next,
      'select pgq.finish_batch(2)',
      ...rotate,
      rotation,
    ],
  },
  {
    id: 'rotation/is-off-for-a-null-period',
    steps: [
      "select pgq.create_queue('q')",
      'alter table pgq.queue alter queue_rotation_period drop not null',
      'update pgq.queue set queue_rotation_period = null',
      ...rotate,
      rotation,
    ],
  },
  {
    id: 'rotation/events-survive-one-rotation',
    steps: [
      ...opened,
      'select pgq.finish_batch(1)',
      "update pgq.queue set queue_rotation_period = '0'",
      "select pgq.insert_event('q', 't', 'old table')",
      ...rotate,
      "select pgq.insert_event('q', 't', 'new table')",
      tick,
      next,
      'select ev_data from pgq.get_batch_events(2)',
      'select pgq.finish_batch(2)',
      next,
      'select ev_data from pgq.get_batch_events(3)',
      "select pgq.current_event_table('q')",
    ],
  },
  {
    id: 'rotation/skips-a-locked-table',
    steps: [
      ...queue,
      "update pgq.queue set queue_rotation_period = '0'",
      'a: begin; lock table pgq.event_1_1 in access share mode',
      "select pgq.maint_rotate_tables_step1('q')",
      rotation,
      'a: rollback',
      "select pgq.maint_rotate_tables_step1('q')",
      rotation,
    ],
  },
  {
    id: 'rotation/reports-a-missing-tick',
    steps: [
      ...subscribed,
      "update pgq.queue set queue_rotation_period = '0'",
      'delete from pgq.tick',
      "select pgq.maint_rotate_tables_step1('q')",
    ],
  },
  {
    id: 'maint-operations/lists-rotation',
    steps: [
      ...queue,
      'set autovacuum_naptime = 1',
      "select pgq.create_queue('a')",
      "select * from pgq.maint_operations() where func_name <> 'vacuum'",
      "update pgq.queue set queue_rotation_period = '0'",
      "select * from pgq.maint_operations() where func_name <> 'vacuum'",
      "select pgq.maint_rotate_tables_step1('q')",
      "select * from pgq.maint_operations() where func_name <> 'vacuum'",
    ],
  },
  {
    id: 'maint-operations/lists-tables-to-vacuum',
    steps: [
      "select * from pgq.maint_tables_to_vacuum() where func like 'pgq.%'".replace(
        'where func',
        'as t (func) where func',
      ),
    ],
  },
  {
    id: 'maint-operations/lists-extra-functions',
    steps: [
      ...queue,
      'create function public.extra(text) returns int language sql as $$ select 0 $$',
      "update pgq.queue set queue_extra_maint = array['public.extra']",
      "select * from pgq.maint_operations() where func_name <> 'vacuum'",
    ],
  },
  {
    id: 'maint-operations/survives-an-empty-list-and-nulls',
    departure: 'P16: upstream fails the whole call or lists a NULL',
    steps: [
      ...queue,
      "update pgq.queue set queue_extra_maint = '{}'",
      "select * from pgq.maint_operations() where func_name <> 'vacuum'",
      'update pgq.queue set queue_extra_maint = array[null]::text[]',
      "select * from pgq.maint_operations() where func_name is distinct from 'vacuum'",
    ],
  },
  {
    id: 'maint-operations/leaves-out-functions-of-untrusted-owners',
    departure: 'P16: they would run with the rights of the ticker',
    steps: [
      ...queue,
      'set role pgq_admin',
      "update pgq.queue set queue_extra_maint = array['pg_catalog.pg_ls_dir', 'nope']",
      'reset role',
      "select * from pgq.maint_operations() where func_name <> 'vacuum'",
    ],
  },
  {
    id: 'whole/state-after-a-day',
    steps: [
      ...opened,
      'select pgq.event_retry(1, 1, 0)',
      'select pgq.finish_batch(1)',
      'select pgq.maint_retry_events()',
      tick,
      next,
      'select pgq.finish_batch(2)',
      tick,
      next,
      subscriptions,
      'select tick_id from pgq.tick order by 1',
    ],
  },
]
