-- Returns the sessions that let nobody read the queues or their ticks, by a lock on the table. began_at is when the transaction
-- began, NULL where this login may not see that.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.lock_holders()
returns table (pid int4, application_name text, role_name text, began_at timestamptz)
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    select distinct a.pid, a.application_name, r.rolname::text, a.xact_start
      from pg_locks l
      join pg_class c on c.oid = l.relation
      join pg_namespace n on n.oid = c.relnamespace
      join pg_stat_activity a on a.pid = l.pid
      left join pg_roles r on r.oid = a.usesysid
     where l.granted and l.mode = 'AccessExclusiveLock'
       and l.database = (select d.oid from pg_database d where d.datname = current_database())
       and n.nspname = 'pgq' and c.relname in ('queue', 'tick')
     order by 1
$$;
