import { type ConformanceCase, events, next, queue, subscribed, tick } from '../case.ts'

const disable = 'update pgq.queue set queue_disable_insert = true'

export const eventCases: ConformanceCase[] = [
  {
    id: 'insert-event/returns-ids-from-1',
    steps: [
      ...queue,
      "select pgq.insert_event('q', 't', 'd')",
      "select pgq.insert_event('q', null, null)",
      "select pgq.insert_event('q', '', '', null, '', 'x', null)",
      'select ev_id, ev_owner, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4, ev_time is null, ev_txid is null from pgq.event_1 order by 1',
    ],
  },
  {
    id: 'insert-event/refuses-unknown-and-null-queue',
    steps: [
      "select pgq.insert_event('nope', 't', 'd')",
      "select pgq.insert_event(null, 't', 'd')",
      "select pgq.insert_event(null, 't', 'd', null, null, null, null)",
    ],
  },
  {
    id: 'insert-event/uses-the-transaction-start-as-time',
    steps: [
      ...queue,
      "begin; select pgq.insert_event('q', 't', 'd'); select pg_sleep(0.01); select pgq.insert_event('q', 't', 'd'); select count(distinct ev_time), bool_and(ev_time = now()) from pgq.event_1; ",
      'commit',
    ],
  },
  {
    id: 'insert-event/obeys-a-disabled-queue-except-in-replica-role',
    steps: [
      ...queue,
      disable,
      "select pgq.insert_event('q', 't', 'd')",
      "select pgq.current_event_table('q')",
      'set session_replication_role = replica',
      "select pgq.insert_event('q', 't', 'd')",
      "select pgq.current_event_table('q')",
      'set session_replication_role = local',
      "select pgq.insert_event('q', 't', 'd')",
    ],
  },
  {
    id: 'insert-event/limits-events-per-transaction',
    steps: [
      ...queue,
      'update pgq.queue set queue_per_tx_limit = 2',
      "begin; select pgq.insert_event('q', 't', '1'); select pgq.insert_event('q', 't', '2'); select pgq.insert_event('q', 't', '3')",
      'rollback',
      "select pgq.insert_event('q', 't', '4')",
      "select pgq.insert_event('q', 't', '5')",
      'update pgq.queue set queue_per_tx_limit = 0',
      "select pgq.insert_event('q', 't', '6')",
      'update pgq.queue set queue_per_tx_limit = -1',
      "select pgq.insert_event('q', 't', '7')",
      "select pgq.insert_event('q', 't', x::text) from generate_series(1, 3) x",
    ],
  },
  {
    id: 'insert-event/limit-and-savepoints',
    departure: 'events that a savepoint rolled back do not count',
    steps: [
      ...queue,
      'update pgq.queue set queue_per_tx_limit = 1',
      "begin; savepoint s; select pgq.insert_event('q', 't', '1'); rollback to s; select pgq.insert_event('q', 't', '2')",
      'rollback',
    ],
  },
  {
    id: 'insert-event-raw/takes-what-is-given',
    steps: [
      ...queue,
      "select pgq.insert_event_raw('q', 77, '2020-01-02 03:04:05+00', 9, 3, 't', 'd', '1', '2', '3', '4')",
      "select pgq.insert_event_raw('q', null, null, null, null, 't', 'd', null, null, null, null)",
      "select ev_id, ev_time = '2020-01-02 03:04:05+00', ev_owner, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4 from pgq.event_1 order by 1",
    ],
  },
  {
    id: 'current-event-table/names-the-leaf',
    steps: [
      ...queue,
      "select pgq.current_event_table('q')",
      "select pgq.current_event_table('nope')",
      'select pgq.current_event_table(null)',
    ],
  },
  {
    id: 'current-event-table/leaf-takes-rows-with-defaults',
    steps: [
      ...subscribed,
      "insert into pgq.event_1_0 (ev_time, ev_type, ev_data) values (now(), 't', 'copied') returning ev_id, ev_txid is null",
      tick,
      next,
      events(1),
    ],
  },
  {
    id: 'insert-event/rolled-back-events-leave-a-gap',
    steps: [
      ...subscribed,
      "begin; select pgq.insert_event('q', 't', 'gone')",
      'rollback',
      "select pgq.insert_event('q', 't', 'stays')",
      tick,
      next,
      events(1),
    ],
  },
  {
    id: 'insert-event/savepoints-share-the-transaction-id',
    steps: [
      ...subscribed,
      "begin; savepoint a; select pgq.insert_event('q', 't', 'in'); release a; savepoint b; select pgq.insert_event('q', 't', 'gone'); rollback to b; select pgq.insert_event('q', 't', 'out'); commit",
      tick,
      next,
      events(1),
      'select count(distinct ev_txid) from pgq.event_1',
    ],
  },
]
