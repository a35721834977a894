import {
  type ConformanceCase,
  events,
  next,
  opened,
  queue,
  subscribed,
  subscriptions,
  tick,
} from '../case.ts'

const custom = (lag: string, count: string, interval: string) =>
  `select batch_id, cur_tick_id, prev_tick_id, cur_tick_time is null, prev_tick_time is null from pgq.next_batch_custom('q', 'c', ${lag}, ${count}, ${interval})`

/** Steps that add ticks 2 to 5 to the first (sequence 0, 0 s): 100 at 10 s, 150 at 20 s, 400 at 30 s, 1000 at 40 s. */
const ladder = [
  ...subscribed,
  "update pgq.tick set tick_time = '2020-01-01 00:00:00+00', tick_event_seq = 0",
  `insert into pgq.tick (tick_queue, tick_id, tick_time, tick_event_seq)
   select 1, id, timestamptz '2020-01-01 00:00:00+00' + at, seq
     from (values (2, 100, interval '10 s'), (3, 150, '20 s'), (4, 400, '30 s'), (5, 1000, '40 s')) t (id, seq, at)`,
]
const helped = (count: string, interval: string) =>
  `select next_tick_id, next_tick_seq from pgq.find_tick_helper(1, 1, '2020-01-01 00:00:00+00', 0, ${count}, ${interval})`

export const batchCases: ConformanceCase[] = [
  {
    id: 'next-batch/gives-null-without-a-tick',
    steps: [...subscribed, next, next, custom('null', 'null', 'null')],
  },
  {
    id: 'next-batch/returns-same-id-until-finished',
    steps: [...opened, next, next, subscriptions, 'select pgq.finish_batch(1)', next, tick, next],
  },
  {
    id: 'next-batch/refuses-unknown-names-and-null',
    steps: [
      ...subscribed,
      "select pgq.next_batch('q', 'nope')",
      "select pgq.next_batch('nope', 'c')",
      'select pgq.next_batch(null, null)',
      "select * from pgq.next_batch_info('q', 'nope')",
    ],
  },
  { id: 'next-batch/reports-a-missing-start-tick', steps: [...subscribed, 'delete from pgq.tick', next] },
  {
    id: 'next-batch/goes-tick-by-tick',
    steps: [
      ...subscribed,
      tick,
      tick,
      tick,
      next,
      'select pgq.finish_batch(1)',
      next,
      'select pgq.finish_batch(2)',
      next,
      subscriptions,
    ],
  },
  {
    id: 'next-batch-info/has-the-seven-columns',
    steps: [
      ...opened,
      "select batch_id, cur_tick_id, prev_tick_id, cur_tick_time > prev_tick_time, cur_tick_event_seq from pgq.next_batch_info('q', 'c')",
    ],
  },
  {
    id: 'next-batch-custom/keeps-an-open-batch-whatever-the-limits',
    steps: [...opened, custom("'1 hour'", '10000', "'1 hour'")],
  },
  {
    id: 'next-batch-custom/leaves-young-ticks-alone',
    steps: [...subscribed, tick, custom("'1 hour'", 'null', 'null'), custom("'0'", 'null', 'null')],
  },
  {
    id: 'next-batch-custom/joins-ticks-up-to-a-count',
    steps: [
      ...ladder,
      custom('null', '300', 'null'),
      'select pgq.finish_batch(1)',
      custom('null', '1', 'null'),
    ],
  },
  {
    id: 'next-batch-custom/joins-ticks-up-to-an-interval',
    steps: [...ladder, custom('null', 'null', "'15 s'")],
  },
  {
    id: 'find-tick-helper/picks-the-tick-of-the-table',
    steps: [
      ...ladder,
      ...['0', '-1', '50', '120', '300', '499', '500', '1001'].map((count) => helped(count, 'null')),
      ...['5 s', '15 s', '20 s', '39 s', '41 s'].map((interval) => helped('null', `'${interval}'`)),
      helped('null', 'null'),
      helped('5000', "'15 s'"),
      helped('50', "'1 hour'"),
      'select * from pgq.find_tick_helper(1, 5, now(), 0, 1, null)',
    ],
  },
  { id: 'get-batch-events/is-ordered-and-repeatable', steps: [...opened, events(1), events(1)] },
  {
    id: 'get-batch-events/refuses-unknown-and-finished-batches',
    steps: [
      ...opened,
      'select pgq.finish_batch(1)',
      events(1),
      events(99),
      events('null'),
      'select * from pgq.batch_event_tables(99)',
      'select * from pgq.batch_event_tables(null)',
      'select pgq.batch_event_sql(99)',
    ],
  },
  {
    id: 'get-batch-events/of-an-empty-batch-has-no-rows',
    steps: [...subscribed, tick, next, events(1), 'select pgq.finish_batch(1)'],
  },
  {
    id: 'get-batch-events/shows-events-committed-between-the-ticks',
    steps: [
      ...subscribed,
      "a: begin; select pgq.insert_event('q', 't', 'late')",
      "select pgq.insert_event('q', 't', 'early')",
      tick,
      next,
      events(1),
      'a: commit',
      events(1),
      'select pgq.finish_batch(1)',
      tick,
      next,
      events(2),
    ],
  },
  {
    id: 'get-batch-events/new-consumer-gets-events-from-the-newest-tick-on',
    steps: [
      ...queue,
      "select pgq.insert_event('q', 't', 'before tick')",
      tick,
      "select pgq.insert_event('q', 't', 'after tick')",
      "select pgq.register_consumer('q', 'c')",
      tick,
      next,
      events(1),
    ],
  },
  {
    id: 'get-batch-events/two-consumers-each-see-all',
    steps: [
      ...opened,
      "select pgq.register_consumer_at('q', 'd', 1)",
      "select pgq.next_batch('q', 'd')",
      events(2),
    ],
  },
  {
    id: 'get-batch-cursor/fetches-the-first-rows-and-stays-open',
    steps: [
      ...opened,
      "begin; select ev_id, ev_data from pgq.get_batch_cursor(1, 'walk', 1, null)",
      'select name, is_holdable, is_scrollable from pg_cursors',
      'move 1 in walk',
      'close walk',
      'commit',
    ],
  },
  {
    id: 'get-batch-cursor/filters-by-sql-text',
    steps: [
      ...opened,
      "begin; select ev_id, ev_data from pgq.get_batch_cursor(1, 'my walk', 10, $$ev_extra1 = 'e1'$$)",
      'fetch all from "my walk"',
      'rollback',
      "select * from pgq.get_batch_cursor(1, 'walk', 10, '')",
    ],
  },
  {
    id: 'get-batch-cursor/gives-nothing-for-null-and-zero',
    steps: [
      ...opened,
      "select * from pgq.get_batch_cursor(null, 'walk', 10, null)",
      'select * from pgq.get_batch_cursor(1, null, 10, null)',
      "select * from pgq.get_batch_cursor(1, 'walk', null, null)",
      "select * from pgq.get_batch_cursor(1, 'walk', null)",
      "begin; select ev_id from pgq.get_batch_cursor(1, 'walk', 0)",
      'select 1 from pg_cursors',
      "select ev_id from pgq.get_batch_cursor(1, 'walk', 10)",
      'rollback',
      "select * from pgq.get_batch_cursor(99, 'walk', 10)",
    ],
  },
  {
    id: 'finish-batch/returns-1-then-0-with-a-warning',
    steps: [
      ...opened,
      'select pgq.finish_batch(1)',
      'select pgq.finish_batch(1)',
      'select pgq.finish_batch(null)',
      subscriptions,
    ],
  },
  {
    id: 'finish-batch/rolled-back-leaves-the-batch-open',
    steps: [...opened, 'begin; select pgq.finish_batch(1)', 'rollback', next],
  },
  {
    id: 'get-batch-info/is-one-row',
    steps: [
      ...opened,
      "select queue_name, consumer_name, batch_start < batch_end, prev_tick_id, tick_id, lag >= '0', seq_end from pgq.get_batch_info(1)",
      'select * from pgq.get_batch_info(99)',
      'select * from pgq.get_batch_info(null)',
    ],
  },
  {
    id: 'batch-event-tables/knows-the-tables',
    steps: [...opened, 'select * from pgq.batch_event_tables(1)'],
  },
]

const retries =
  'select ev_queue, ev_id, ev_owner, ev_retry, ev_txid, ev_data, ev_extra1 from pgq.retry_queue order by ev_owner, ev_id'

export const retryCases: ConformanceCase[] = [
  {
    id: 'event-retry/returns-1-then-0',
    steps: [...opened, 'select pgq.event_retry(1, 2, 0)', 'select pgq.event_retry(1, 2, 60)', retries],
  },
  {
    id: 'event-retry/refuses-unknown-events-and-batches',
    steps: [
      ...opened,
      'select pgq.event_retry(1, 99, 0)',
      'select pgq.event_retry(99, 1, 0)',
      'select pgq.event_retry(1, null, 0)',
      'select pgq.event_retry(null, 1, 0)',
      'select pgq.event_retry(1, 1, null::integer) is null',
    ],
  },
  {
    id: 'event-retry/takes-a-time',
    steps: [
      ...opened,
      "select pgq.event_retry(1, 1, timestamptz '2020-01-01 00:00:00+00')",
      "select ev_retry_after = timestamptz '2020-01-01 00:00:00+00' from pgq.retry_queue",
    ],
  },
  {
    id: 'event-retry/comes-back-to-its-owner-alone',
    steps: [
      ...opened,
      "select pgq.register_consumer('q', 'd')",
      'select pgq.event_retry(1, 2, 0)',
      'select pgq.finish_batch(1)',
      'select pgq.maint_retry_events()',
      'select pgq.maint_retry_events()',
      retries,
      tick,
      next,
      events(2),
      "select pgq.next_batch('q', 'd')",
      events(3),
      'select pgq.event_retry(2, 2, 0)',
      retries,
    ],
  },
  {
    id: 'batch-retry/queues-the-events-that-do-not-wait-yet',
    steps: [
      ...opened,
      'select pgq.event_retry(1, 1, 60)',
      'select pgq.batch_retry(1, 30)',
      'select pgq.batch_retry(1, 30)',
      retries,
      'select pgq.batch_retry(99, 0)',
      'select pgq.batch_retry(null, 0)',
    ],
  },
  {
    id: 'event-retry-raw/inserts-any-event',
    steps: [
      ...subscribed,
      "select pgq.event_retry_raw('q', 'c', now(), 50, now(), 4, 't', 'd', '1', '2', '3', '4')",
      "select pgq.event_retry_raw('q', 'c', now(), null, now(), null, 't', 'd', '1', '2', '3', '4')",
      "select pgq.event_retry_raw('q', 'nope', now(), null, now(), null, 't', 'd', '1', '2', '3', '4')",
      "select pgq.event_retry_raw('q', 'c', now(), 50, now(), 4, 't', 'd', '1', '2', '3', '4')",
      retries,
    ],
  },
  {
    id: 'maint-retry-events/moves-ten-due-ones-per-call',
    steps: [
      ...subscribed,
      "select pgq.insert_event('q', 't', x::text) from generate_series(1, 12) x",
      tick,
      next,
      'select pgq.batch_retry(1, 0)',
      'select pgq.maint_retry_events()',
      'select pgq.maint_retry_events()',
      'select pgq.maint_retry_events()',
    ],
  },
  {
    id: 'maint-retry-events/leaves-those-that-are-not-due',
    steps: [...opened, 'select pgq.batch_retry(1, 3600)', 'select pgq.maint_retry_events()'],
  },
  {
    id: 'maint-retry-events/goes-on-past-a-disabled-queue',
    departure: 'P8: one disabled queue does not stall the retries of all',
    steps: [
      ...opened,
      'select pgq.batch_retry(1, 0)',
      'update pgq.queue set queue_disable_insert = true',
      'select pgq.maint_retry_events()',
      retries,
    ],
  },
]
