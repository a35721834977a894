-- Returns the ids of the gateways that are alive, as _gateway_is_alive has it, without taking a lock: for those who only
-- show it.
-- Grant: public
create or replace function pgq_gateway._live_gateways()
returns int4[]
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(l.objid::int4), '{}')
      from pg_locks l
      join pg_database d on d.oid = l.database
     where l.locktype = 'advisory' and l.classid = pgq_gateway._alive_lock_class()::oid and l.objsubid = 2
       and l.mode = 'ShareLock' and l.granted and d.datname = current_database()
$$;
