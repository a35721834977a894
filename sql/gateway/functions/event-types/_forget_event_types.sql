-- Bounds what outlives event types. Types of queues that PgQ itself dropped are removed, and of all types that are gone the
-- 10,000 latest keep their counters: others are forgotten, with the highest of their versions kept for all. Passes over what
-- another session forgets at this moment. Costs a look at each queue that has types.
-- Grant: nobody
create or replace function pgq_gateway._forget_event_types()
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    dropped int4[] := array(
        select r.queue_id from pgq_gateway.event_registry r
         where not exists (select from pgq.queue q where q.queue_id = r.queue_id)
           for update of r skip locked);
    highest int4;
begin
    if dropped <> '{}' then
        delete from pgq_gateway.event_type_version v where v.queue_id = any (dropped);
        delete from pgq_gateway.event_type t where t.queue_id = any (dropped);
        delete from pgq_gateway.event_registry r where r.queue_id = any (dropped);
        update pgq_gateway.event_type_counter c set queue_id = null, removed_at = now() where c.queue_id = any (dropped);
    end if;
    with forgotten as (
        delete from pgq_gateway.event_type_counter
         where key = any (array(
            select c.key
              from pgq_gateway.event_type_counter c
             where c.key in (select g.key from pgq_gateway.event_type_counter g
                              where g.removed_at is not null order by g.removed_at desc offset 10000)
               for update of c skip locked))
        returning version)
    select max(version) into highest from forgotten;
    update pgq_gateway.forgotten_event_type set version = highest where version < highest;
end $$;
