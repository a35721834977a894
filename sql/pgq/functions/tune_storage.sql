-- Sets the storage options of a queue's event tables: they are only appended to and truncated, so vacuum has nothing to do there.
-- Returns 0 for an unknown queue, NULL for NULL. Needs ownership of the tables.
-- Grant: pgq_admin
create or replace function pgq.tune_storage(i_queue_name text) returns integer
language plpgsql strict set search_path = pg_catalog, pg_temp as $$
declare
    q pgq.queue%rowtype;
begin
    select * into q from pgq.queue where queue_name = i_queue_name;
    if not found then
        return 0;
    end if;
    for i in 0 .. q.queue_ntables - 1 loop
        execute pg_catalog.format(
            'alter table %s set (fillfactor = 100, autovacuum_enabled = off, toast.autovacuum_enabled = off)',
            pgq.quote_fqname(q.queue_data_pfx || '_' || i));
    end loop;
    return 1;
end;
$$;
