-- Does the second step of every half done rotation: records a transaction id by which all newcomers see the new current table.
-- Returns 0. That holds only for an id given out after the first step committed. Departure: a transaction that already had its id
-- leaves the rotation half done, with a warning, where upstream may lose events.
-- Grant: pgq_admin
create or replace function pgq.maint_rotate_tables_step2() returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    had_txid boolean := pg_catalog.txid_current_if_assigned() is not null;
    q record;
begin
    -- The rows are read before this transaction gets its id, by the first update.
    for q in
        select queue_id, queue_switch_step1 from pgq.queue where queue_switch_step2 is null order by queue_id
    loop
        if had_txid then
            raise warning 'maint_rotate_tables_step2 must run in a transaction of its own; rotation stays half done until then';
            return 0;
        end if;
        update pgq.queue set queue_switch_step2 = pg_catalog.txid_current()
         where queue_id = q.queue_id and queue_switch_step1 = q.queue_switch_step1 and queue_switch_step2 is null;
    end loop;
    return 0;
end;
$$;
