-- Waits for the transactions of gateways that may have looked at a registry of event types before a change that is
-- committed by now: afterwards no event comes that was checked against the old types. A transaction that has looked
-- holds a lock on event_registry until it ends; a gateway's are single statements. Transactions of other programs,
-- which may be left open for hours, are not waited for: they are not checked anyway.
-- Grant: pgq_admin
create or replace function pgq_gateway.await_inserts()
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    holders text[] := array(
        select l.virtualtransaction
          from pg_locks l
          join pg_stat_activity a on a.pid = l.pid
         where l.locktype = 'relation' and l.relation = 'pgq_gateway.event_registry'::regclass
           and l.database = (select d.oid from pg_database d where d.datname = current_database())
           and l.granted and l.pid <> pg_backend_pid() and a.application_name like 'pgq-graphql/%');
begin
    while exists (select from pg_locks l where l.locktype = 'virtualxid' and l.granted
                                           and l.virtualtransaction = any (holders)) loop
        perform pg_sleep(0.002);
    end loop;
end $$;
