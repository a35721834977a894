import type { ServerKind } from './connection-target.ts'

/** Values of PostgreSQL's settings, by name; null is what the database and the login have. `role` comes last. */
export type SessionSettings = Readonly<Record<string, string | null>>

/**
 * Settings that every session of ours needs, whatever the database or the role has: others would change the meaning of
 * statements or of their answers, or end them early. Settings that an older server lacks are left out.
 *
 * Durability (`synchronous_commit`) and `default_transaction_read_only` stay as the owner of the database wants them.
 * The latter is how administrators, and providers when a disk is full, stop writers: that counts as an outage.
 */
const always: SessionSettings = {
  search_path: 'pg_catalog, pg_temp',
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  array_nulls: 'on',
  standard_conforming_strings: 'on',
  quote_all_identifiers: 'off',
  transform_null_equals: 'off',
  row_security: 'on',
  restrict_nonsystem_relation_kind: '',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  lock_timeout: '0',
  transaction_timeout: '0',
  idle_session_timeout: '0',
  // A gateway that is stopped in the middle of an installation holds its locks no longer than this.
  idle_in_transaction_session_timeout: '60s',
  exit_on_error: 'off',
  client_min_messages: 'warning',
  plan_cache_mode: 'auto',
  // Our statements are short, and compiling the plan of a list takes longer than the list.
  jit: 'off',
  // The server notices the loss of this machine within about 25 seconds, and then releases advisory locks.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
}

/**
 * Writes the statements that settle a new session: one text, so one round trip. It fails where a setting is refused. Its one
 * row has the number of settings, whether they last only until its end, and whether the server is of the kind.
 *
 * A pooler may ignore or refuse what comes with the start of a connection, such as `options`, so nothing is sent there.
 *
 * @param more Further settings.
 * @param processId Process that the server has named. Where another one answers there is a pooler between, and nothing
 *   outlives the text. Null lets settings last in any case.
 */
export function settlingText(
  more: SessionSettings,
  processId: number | null,
  kind: ServerKind = 'any',
): string {
  const isPooled = processId === null ? 'false' : `pg_backend_pid() <> ${processId}`
  // The defaults may let even a read wait, or end it early, so this has none of its own but an isolation. The search
  // path decides which functions the rest calls.
  return `begin isolation level read committed;
    set local statement_timeout = 0;
    set local search_path = pg_catalog, pg_temp;
    select count(set_config(name, value, ${isPooled})), ${isPooled}, ${kindChecks[kind]} ${fromSettings(more)};
    commit`
}

/** Writes a statement whose row is like that of `settlingText`, and which sets nothing. */
export function serverCheckText(kind: ServerKind): string {
  return `select 0, false, ${kindChecks[kind]}`
}

const kindChecks: Record<ServerKind, string> = {
  any: 'true',
  primary: 'not pg_catalog.pg_is_in_recovery()',
  'read-write': `not pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool`,
}

/** Writes a statement like `settlingText`, whose settings end with the transaction that it is part of. */
export function settlingStatement(more: SessionSettings): string {
  return `select pg_catalog.count(pg_catalog.set_config(name, value, true)) ${fromSettings(more)}`
}

/** Writes a statement that changes settings of a session until its end. */
export function changingStatement(changes: SessionSettings): string {
  const calls = Object.entries(changes).map(
    ([name, value]) => `pg_catalog.set_config('${name}', ${value === null ? 'null' : `'${value}'`}, false)`,
  )
  return `select ${calls.join(', ')}`
}

/** Writes where settings come from; it calls what it needs whatever the search path. */
function fromSettings(more: SessionSettings): string {
  const { role = null, ...others }: SessionSettings = { ...always, ...more }
  // Another role may not be allowed to make the other settings.
  const rows = Object.entries({ ...others, role }).flatMap(([name, value]) =>
    value === null ? [] : [`('${name}', '${value}')`],
  )
  return `from (values ('session_replication_role', case when pg_catalog.current_setting('is_superuser')::pg_catalog.bool then 'origin' end),
                       ${rows.join(', ')}) as setting (name, value)
         where value is not null and pg_catalog.current_setting(name, true) is not null`
}
