import type { ConformanceCase } from '../case.ts'

const logged =
  'select ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4 from pgq.event_1 order by ev_id'
const start = ["select pgq.create_queue('q')", "set timezone = 'Asia/Tokyo'"]
const formats = ['jsontriga', 'logutriga', 'sqltriga']
const rowEvents = 'insert or update or delete'

/** Creates a trigger in each of the three formats; they fire in the order of their names. */
const triggers = (table: string, args: string, when = 'after', events = rowEvents) =>
  formats.map(
    (format) =>
      `create trigger ${format} ${when} ${events} on ${table} for each ${events === 'truncate' ? 'statement' : 'row'} execute function pgq.${format}(${args})`,
  )

const shop = [
  ...start,
  'create schema shop',
  'create table shop.item (id int primary key, title text, price numeric(8,2), sold bool, upd timestamptz, note text)',
]
const noKey = [...start, 'create table plain (x int, y text)']

/** Steps that insert into a table whose trigger has these arguments, then read the logged events. */
const insertWith = (args: string, values = "(1, 'A')", when = 'before') => [
  ...noKey,
  ...triggers('plain', args, when, 'insert').slice(0, 1),
  `insert into plain values ${values}`,
  'select * from plain',
  logged,
]

export const triggerCases: ConformanceCase[] = [
  {
    id: 'trigger/worked-examples',
    steps: [
      ...shop,
      ...triggers('shop.item', "'q', 'backup', 'ignore=upd'"),
      `insert into shop.item values (7, 'R&D "x"', 9.50, false, now(), null)`,
      'update shop.item set sold = true, title = null',
      "update shop.item set upd = now() + interval '1 s'",
      'update shop.item set id = id',
      'update shop.item set id = 8',
      'delete from shop.item',
      logged,
    ],
  },
  {
    id: 'trigger/encodes-types',
    steps: [
      ...start,
      'create table types (a int2, "B c" int8, d float8, e bytea, f timestamp, g date, h timestamptz, i json, j jsonb, k int[], l char(5), m varchar(4), n interval, o bool, p xml, q point, r numeric, s uuid, primary key ("B c", a))'.replace(
        ' p xml,',
        '',
      ),
      ...triggers('types', "'q', 'backup'"),
      `insert into types values (1, 5000000000, 1.5e300, '\\x0001ff', '2020-01-02 03:04:05.678', '2020-02-03', '2020-01-02 03:04:05.6+00', '{"a": 1}', '{"b":  [1,2]}', '{1,2,null}', 'ab', 'äß€', '1 day 2 hours', true, '(1,2)', 12345678901234567890.10, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')`,
      `insert into types (a, "B c", f, g, h, m) values (2, -1, 'infinity', '-infinity', 'infinity', E'\\\\''"\\n')`,
      `insert into types (a, "B c", m) values (3, 1, E'/\\x01~%')`,
      `update types set i = '{"a":1}', q = '(1,3)' where a = 1`,
      "update types set k = '{1,2,null}' where a = 1",
      'update types set r = 12345678901234567890.1 where a = 1',
      "update types set l = 'ab  ' where a = 1",
      'delete from types',
      logged,
    ],
  },
  {
    id: 'trigger/compares-by-the-type',
    steps: [
      ...start,
      "create domain posint as int; create type color as enum ('red', 'blue'); create type pair as (a int, b text)",
      'create table more (id int primary key, a posint, c color, p pair, r numrange, x int4range, n name, ch "char", b bit(3), t time, ip inet, ar text[])',
      ...triggers('more', "'q'"),
      `insert into more values (1, 5, 'red', row(1, 'x y'), '[1,2)', '[1,2]', 'nm', 'c', '101', '01:02:03', '10.0.0.1', '{a,"b c",null}')`,
      "update more set r = '[1.0,2.0)', a = 5, c = 'red', p = row(1, 'x y')",
      `update more set p = row(null, null), ar = '{a,"b c",null}'`,
      'update more set p = null',
      logged,
    ],
  },
  {
    id: 'trigger/quotes-odd-names',
    steps: [
      ...start,
      'create table "Odd ""Name" (" id" int primary key, "sel""ect" text, "ä%" int)',
      ...triggers('"Odd ""Name"', "'q'"),
      `insert into "Odd ""Name" values (1, 'a', 2)`,
      `update "Odd ""Name" set "sel""ect" = 'b'`,
      logged,
    ],
  },
  {
    id: 'trigger/logs-truncate',
    steps: [...shop, ...triggers('shop.item', "'q'", 'after', 'truncate'), 'truncate shop.item', logged],
  },
  {
    id: 'trigger/skip-cancels-the-operation',
    steps: [
      ...noKey,
      ...triggers('plain', "'q', 'SKIP', 'pkey=x'", 'before').slice(0, 1),
      "insert into plain values (1, 'A')",
      'select * from plain',
      'alter table plain disable trigger user',
      "insert into plain values (1, 'A')",
      'alter table plain enable trigger user',
      "update plain set y = 'B'",
      'delete from plain',
      'select * from plain',
      logged,
    ],
  },
  {
    id: 'trigger/skip-swallows-changes-of-ignored-columns',
    steps: [
      ...noKey,
      "insert into plain values (1, 'A')",
      ...triggers('plain', "'q', 'SKIP', 'pkey=x', 'ignore=y'", 'before').slice(0, 1),
      "update plain set y = 'B'",
      'select * from plain',
      logged,
    ],
  },
  { id: 'trigger/before-without-skip-lets-the-row-pass', steps: insertWith("'q'") },
  {
    id: 'trigger/expressions-replace-fields',
    steps: insertWith(
      `'q', 'ev_type=''item:''||x', 'ev_extra3=x*2', 'ev_extra4=lower(y)', 'when=x<>3', 'ev_extra2=NULL', 'ev_data=y'`,
      "(1, 'A'), (3, 'B')",
    ),
  },
  {
    id: 'trigger/expressions-may-select',
    steps: insertWith(
      `'q', 'ev_type=(select count(*) from pgq.queue)', 'ev_extra2=current_database() is not null'`,
    ),
  },
  {
    id: 'trigger/expressions-need-one-row',
    steps: [
      ...insertWith("'q', 'ev_type=generate_series(1,x)'", "(2, 'A')"),
      "insert into plain values (0, 'A')",
      "insert into plain values (1, 'A')",
      logged,
    ],
  },
  {
    id: 'trigger/expressions-of-delete-see-the-old-row',
    steps: [
      ...shop,
      'insert into shop.item values (1, $$t$$)',
      ...triggers('shop.item', "'q', 'ev_extra3=title'").slice(0, 1),
      'delete from shop.item',
      logged,
    ],
  },
  { id: 'trigger/when-must-not-be-null', steps: insertWith("'q', 'when=x<>3'", "(null, 'A')") },
  { id: 'trigger/when-must-be-boolean', steps: insertWith("'q', 'when=x'") },
  {
    id: 'trigger/deny-refuses-each-change',
    steps: [
      ...insertWith("'q', 'deny'"),
      ...triggers('plain', "'q', 'deny'", 'after', 'truncate').slice(1),
      'truncate plain',
    ],
  },
  { id: 'trigger/needs-a-queue', steps: insertWith('') },
  {
    id: 'trigger/refuses-unknown-arguments',
    steps: [
      ...insertWith("'q', 'foo'"),
      ...insertWith("'q', 'skip'").slice(3),
      ...insertWith("'q', 'ev_extra5=1'").slice(3),
    ],
  },
  { id: 'trigger/refuses-skip-after', steps: insertWith("'q', 'SKIP'", "(1, 'A')", 'after') },
  {
    id: 'trigger/refuses-statement-level',
    steps: [
      ...noKey,
      "create trigger t after insert on plain for each statement execute function pgq.logutriga('q')",
      "insert into plain values (1, 'A')",
    ],
  },
  { id: 'trigger/reports-an-unknown-queue', steps: insertWith("'nope'") },
  ...['backup', 'ignore=x', 'pkey=x', 'when=true', 'ev_type=1'].map((argument) => ({
    id: `trigger/truncate-refuses-${argument.replace(/=.*/, '')}`,
    steps: [
      ...noKey,
      ...triggers('plain', `'q', '${argument}'`, 'after', 'truncate').slice(1, 2),
      'truncate plain',
    ],
  })),
  {
    id: 'trigger/needs-a-key-for-update-and-delete',
    steps: [
      ...noKey,
      "insert into plain values (1, 'A')",
      ...triggers('plain', "'q'").slice(1, 2),
      'update plain set x = 2',
      'delete from plain',
      "insert into plain values (2, 'B')",
      logged,
    ],
  },
  {
    id: 'trigger/custom-keys-with-spaces',
    steps: [
      ...noKey,
      "insert into plain values (1, 'A')",
      ...triggers('plain', "'q', 'pkey= y , x', 'ignore= y'"),
      'update plain set x = x',
      "update plain set y = 'B'",
      'update plain set x = 5',
      'delete from plain',
      "insert into plain values (null, 'z')",
      logged,
    ],
  },
  {
    id: 'trigger/custom-keys-unknown',
    steps: [
      ...noKey,
      "insert into plain values (1, 'A')",
      ...triggers('plain', "'q', 'pkey=nope'").slice(0, 2),
      "update plain set y = 'B'",
      logged,
      'drop trigger jsontriga on plain',
      'drop trigger logutriga on plain',
      ...triggers('plain', "'q', 'pkey=nope'").slice(2),
      "update plain set y = 'B'",
    ],
  },
  {
    id: 'trigger/null-key',
    steps: [
      ...noKey,
      "insert into plain values (null, 'A')",
      ...triggers('plain', "'q', 'pkey=x'").slice(2),
      "update plain set y = 'B'",
      'delete from plain',
    ],
  },
  {
    id: 'trigger/magic-columns',
    steps: [
      ...start,
      'create table magic (id int primary key, v text, _pgq_ev_type text, _pgq_ev_extra3 int)',
      ...triggers('magic', "'q'").slice(0, 1),
      ...triggers('magic', "'q', 'ev_type=''z'''").slice(1),
      "insert into magic values (1, 'a', 'my', 3), (2, null, null, null)",
      "update magic set _pgq_ev_type = 'q'",
      "update magic set v = 'q'",
      'alter table magic add column _pgq_ev_foo int',
      "insert into magic values (4, 'a', 'my', 3)",
      logged,
    ],
  },
  {
    id: 'trigger/is-silent-in-local-role',
    steps: [
      ...noKey,
      ...triggers('plain', "'q', 'deny', 'SKIP'", 'before', 'insert').slice(0, 1),
      'set session_replication_role = local',
      "insert into plain values (1, 'A')",
      'reset session_replication_role',
      "insert into plain values (2, 'B')",
      'select * from plain',
      logged,
    ],
  },
  {
    id: 'trigger/writer-may-use-it-others-not',
    steps: [
      ...noKey,
      ...triggers('plain', "'q'", 'after', 'insert').slice(0, 1),
      'grant all on plain to pgq_writer, pgq_reader',
      'set role pgq_reader',
      "insert into plain values (1, 'A')",
      'reset role',
      'set role pgq_writer',
      "insert into plain values (2, 'B')",
      'reset role',
      'select * from plain',
      logged,
    ],
  },
]
