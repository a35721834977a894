-- Returns transactions of the whole server that are older than i_seconds: of sessions, and prepared ones. While such a
-- one has an id, tables that it may have written into are not rotated; pid is NULL for a prepared one, gid for others. Without the rights of
-- pg_read_all_stats, the owner of this function sees only sessions of its own.
-- Grant: pgq_admin
create or replace function pgq_gateway.long_transactions(i_seconds float8)
returns table (pid int4, gid text, login text, application text, database text, state text, seconds float8)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select a.pid, null, a.usename, a.application_name, a.datname, a.state,
           extract(epoch from clock_timestamp() - a.xact_start)::float8
      from pg_stat_activity a
     where a.pid <> pg_backend_pid() and a.backend_type = 'client backend'
       and (a.backend_xid is not null or a.backend_xmin is not null or a.state like 'idle in transaction%')
       and a.xact_start < clock_timestamp() - make_interval(secs => i_seconds)
     union all
    select null, p.gid, p.owner, null, p.database, 'prepared',
           extract(epoch from clock_timestamp() - p.prepared)::float8
      from pg_prepared_xacts p
     where p.prepared < clock_timestamp() - make_interval(secs => i_seconds)
     order by 7 desc
$$;
