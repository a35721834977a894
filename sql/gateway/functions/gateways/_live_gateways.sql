-- Returns the ids of the gateways that are alive, as _gateway_is_alive has it, without taking a lock: for those who only
-- show it. Gateways of a version before pgq_gateway.gateway are known by the lock of their session.
-- Grant: nobody
create or replace function pgq_gateway._live_gateways()
returns int4[]
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(alive.gateway), '{}')
      from (select g.gateway from pgq_gateway.gateway g where not pgq_gateway._has_died(g)
             union
            select l.objid::int4
              from pg_locks l
             where l.locktype = 'advisory' and l.classid = pgq_gateway._alive_lock_class()::oid and l.objsubid = 2
               and pgq_gateway._older_gateway_holds(pgq_gateway._alive_lock_class(), l.objid::int4)) alive
$$;
