import { type ConformanceCase, opened, queue, subscribed, tick } from '../case.ts'

const columns = `select queue_id, queue_name, queue_ntables, queue_cur_table, queue_rotation_period, queue_external_ticker,
  queue_disable_insert, queue_ticker_paused, queue_ticker_max_count, queue_ticker_max_lag, queue_ticker_idle_period,
  queue_per_tx_limit, queue_data_pfx, queue_event_seq, queue_tick_seq, queue_extra_maint from pgq.queue order by queue_id`

/** Leaves out functions of PgQ 2 that PgQ 3 has dropped; the engine has them again. */
const notRevived = `proname !~ '^(event_failed|failed_event_)'`

export const queueCases: ConformanceCase[] = [
  {
    id: 'create-queue/returns-1-then-0',
    steps: [
      "select pgq.create_queue('q')",
      "select pgq.create_queue('q')",
      columns,
      'select tick_queue, tick_id from pgq.tick',
    ],
  },
  { id: 'create-queue/refuses-null', steps: ['select pgq.create_queue(null)'] },
  {
    id: 'create-queue/takes-odd-names',
    steps: ['', "it's", 'a.b', 'ünï 🐘', '"q"', 'x'.repeat(1000)].flatMap((name) => [
      `select pgq.create_queue($q$${name}$q$)`,
      `select pgq.insert_event($q$${name}$q$, 't', 'd')`,
    ]),
  },
  {
    id: 'create-queue/makes-tables-with-storage-options-and-index',
    steps: [
      ...queue,
      `select relname, relkind, reloptions::text from pg_class where relnamespace = 'pgq'::regnamespace and relname like 'event_1%' order by 1`,
      `select inhrelid::regclass, inhparent::regclass from pg_inherits where inhrelid::regclass::text like 'pgq.event_1%' order by 1::text`,
      `select adrelid::regclass, adnum, pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid::regclass::text like 'pgq.event_1%' order by 1::text, 2`,
      `select attname, atttypid::regtype, attnotnull from pg_attribute where attrelid = 'pgq.event_1_0'::regclass and attnum > 0 order by attnum`,
    ],
  },
  {
    id: 'create-queue/copies-grants-of-the-template',
    steps: [
      ...queue,
      `select relname, r.rolname, privilege_type from pg_class c cross join lateral aclexplode(relacl) a left join pg_roles r on r.oid = a.grantee
        where relnamespace = 'pgq'::regnamespace and relname like 'event_%' and a.grantee <> relowner order by 1, 2, 3`,
    ],
  },
  {
    id: 'drop-queue/drops-all',
    steps: [
      ...queue,
      "select pgq.drop_queue('q')",
      `select relname from pg_class where relname like 'event_1%'`,
      'select * from pgq.tick',
    ],
  },
  {
    id: 'drop-queue/refuses-unknown-and-null',
    steps: [
      "select pgq.drop_queue('nope')",
      "select pgq.drop_queue('nope', true)",
      'select pgq.drop_queue(null)',
      'select pgq.drop_queue(null, true)',
    ],
  },
  {
    id: 'drop-queue/refuses-consumers-unless-forced',
    steps: [
      ...subscribed,
      "select pgq.drop_queue('q')",
      "select pgq.drop_queue('q', null)",
      "select pgq.drop_queue('q', true)",
      'select count(*) from pgq.consumer',
    ],
  },
  {
    id: 'drop-queue/force-drops-waiting-retries',
    steps: [
      ...opened,
      'select pgq.batch_retry(1, 0)',
      "select pgq.drop_queue('q', true)",
      'select count(*) from pgq.retry_queue',
    ],
  },
  {
    id: 'set-queue-config/takes-the-six-options',
    steps: [
      ...queue,
      ...[
        ['ticker_max_count', '7'],
        ['ticker_max_lag', '1 minute'],
        ['ticker_idle_period', '2 minutes'],
        ['ticker_paused', 'true'],
        ['rotation_period', '-1 day'],
        ['external_ticker', 'yes'],
        ['ticker_max_count', '-5'],
      ].map(([name, value]) => `select pgq.set_queue_config('q', '${name}', '${value}')`),
      columns,
    ],
  },
  {
    id: 'set-queue-config/refuses-other-options-and-bad-values',
    steps: [
      ...queue,
      "select pgq.set_queue_config('q', 'disable_insert', 'true')",
      "select pgq.set_queue_config('q', 'TICKER_PAUSED', 'true')",
      "select pgq.set_queue_config('q', 'ticker_max_count', 'abc')",
      "select pgq.set_queue_config('q', 'ticker_max_lag', 'abc')",
      "select pgq.set_queue_config('nope', 'ticker_paused', 'true')",
      "select pgq.set_queue_config('nope', 'nope', 'true')",
      "select pgq.set_queue_config(null, 'ticker_paused', 'true')",
      "select pgq.set_queue_config('q', null, 'true')",
    ],
  },
  {
    id: 'set-queue-config/refuses-null-value',
    departure: 'P12: a text that says what is wrong',
    steps: [...queue, "select pgq.set_queue_config('q', 'ticker_paused', null)"],
  },
  {
    id: 'get-queue-info/answers-for-one-all-and-none',
    steps: [
      ...queue,
      "select pgq.create_queue('a')",
      'select queue_name, queue_ntables, queue_cur_table, queue_rotation_period, queue_external_ticker, queue_ticker_paused, queue_ticker_max_count, queue_ticker_max_lag, queue_ticker_idle_period, ticker_lag is null, ev_per_sec, last_tick_id from pgq.get_queue_info()',
      "select queue_name from pgq.get_queue_info('q')",
      'select queue_name from pgq.get_queue_info(null)',
      "select queue_name from pgq.get_queue_info('nope')",
      "select string_agg(parameter_name || ' ' || data_type, ', ' order by ordinal_position) from information_schema.parameters where specific_schema = 'pgq' and specific_name like 'get_queue_info%' group by specific_name order by 1",
    ],
  },
  {
    id: 'get-queue-info/counts-new-events',
    departure: 'P5: the first event is counted',
    steps: [
      ...queue,
      'select ev_new from pgq.get_queue_info()',
      "select pgq.insert_event('q', 't', 'd')",
      'select ev_new from pgq.get_queue_info()',
      "select pgq.insert_event('q', 't', 'd')",
      'select ev_new from pgq.get_queue_info()',
      tick,
      'select ev_new, last_tick_id from pgq.get_queue_info()',
    ],
  },
  {
    id: 'utilities/quote-fqname-splits-at-the-first-dot',
    steps: [
      "select pgq.quote_fqname('a.b.c'), pgq.quote_fqname('x'), pgq.quote_fqname(''), pgq.quote_fqname('A.\"b'), pgq.quote_fqname(null)",
    ],
  },
  {
    id: 'utilities/sequences',
    steps: [
      ...queue,
      "select pgq.seq_getval('pgq.event_1_id_seq'), pgq.seq_setval('pgq.event_1_id_seq', 10), pgq.seq_setval('pgq.event_1_id_seq', 5), pgq.seq_setval(null, 1)",
      "select pgq.seq_getval('pgq.nope')",
    ],
  },
  {
    id: 'utilities/tune-and-grant',
    steps: [
      ...queue,
      "select pgq.tune_storage('q'), pgq.tune_storage('nope'), pgq.tune_storage(null)",
      "select pgq.grant_perms('q')",
      "select pgq.grant_perms('nope')",
      'select pgq.version()',
      'select pgq.upgrade_schema()',
    ],
  },
  {
    id: 'privileges/of-functions',
    steps: [
      `select p.proname, pg_get_function_identity_arguments(p.oid), has_function_privilege('public', p.oid, 'execute') as everybody,
              has_function_privilege('pgq_reader', p.oid, 'execute') as reader, has_function_privilege('pgq_writer', p.oid, 'execute') as writer,
              has_function_privilege('pgq_admin', p.oid, 'execute') as admin, p.prosecdef
         from pg_proc p where pronamespace = 'pgq'::regnamespace and (proname not like '\\_%' or proname = '_grant_perms_from') and proname <> 'current_event_table' and ${notRevived} order by 1, 2`,
    ],
  },
  {
    id: 'privileges/current-event-table-is-security-definer',
    departure: 'P1: a writer may not lock the queue row itself',
    steps: [
      `select prosecdef, has_function_privilege('public', oid, 'execute'), has_function_privilege('pgq_writer', oid, 'execute') from pg_proc where proname = 'current_event_table'`,
    ],
  },
  {
    id: 'privileges/of-tables',
    steps: [
      `select relname, coalesce(r.rolname, 'public'), string_agg(privilege_type, ',' order by privilege_type) from pg_class c cross join lateral aclexplode(relacl) a left join pg_roles r on r.oid = a.grantee
        where relnamespace = 'pgq'::regnamespace and relkind = 'r' and a.grantee <> relowner group by 1, 2 order by 1, 2`,
    ],
  },
  {
    id: 'signatures/of-functions',
    steps: [
      `select p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)
         from pg_proc p where pronamespace = 'pgq'::regnamespace and (proname not like '\\_%' or proname = '_grant_perms_from') and ${notRevived} order by 1, 2`,
    ],
  },
  {
    id: 'catalog/of-fixed-tables',
    departure:
      'indexes by which members of a group and retries of a queue are found, and a constraint that keeps a queue to its own tables',
    steps: [
      `select c.relname, a.attname, a.atttypid::regtype, a.attnotnull, pg_get_expr(d.adbin, d.adrelid) from pg_class c join pg_attribute a on a.attrelid = c.oid
         left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = 'pgq'::regnamespace and c.relkind = 'r' and a.attnum > 0 order by 1, a.attnum`,
      `select conrelid::regclass, conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'pgq'::regnamespace and contype <> 'n' order by 1::text, 2`,
      `select indexrelid::regclass, indrelid::regclass from pg_index where indrelid::regclass::text like 'pgq.%' order by 1::text`,
    ],
  },
]
