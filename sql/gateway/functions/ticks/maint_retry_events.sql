-- Moves up to i_limit events whose retry time has come back into their queues, oldest first; returns how many.
-- pgq.maint_retry_events does the same, but upstream's stops at the first event of a disabled queue, so that no queue
-- gets its retries back. Here such a queue's events wait until it is enabled, and no others do.
--
-- Locks pgq.retry_queue SHARE UPDATE EXCLUSIVE, as PgQ's own mover does: movers exclude each other, and
-- pgq.event_retry goes on.
-- Grant: pgq_admin
create or replace function pgq_gateway.maint_retry_events(i_limit int4 default 100)
returns int4
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    ev record;
    -- This maps a queue id to how many of its events were moved: some queues have a limit per transaction.
    moved_of jsonb := '{}';
    moved int4 := 0;
begin
    lock table pgq.retry_queue in share update exclusive mode;
    for ev in
        select r.*, q.queue_name, q.queue_per_tx_limit as tx_limit
          from pgq.retry_queue r
          join pgq.queue q on q.queue_id = r.ev_queue
         where r.ev_retry_after <= now() and not q.queue_disable_insert
           and pgq_gateway._has_own_parts(q.queue_id, q.queue_data_pfx, q.queue_event_seq, q.queue_tick_seq)
         order by r.ev_retry_after
    loop
        exit when moved >= i_limit;
        continue when ev.tx_limit >= 0 and coalesce((moved_of ->> ev.ev_queue::text)::int4, 0) >= ev.tx_limit;
        perform pgq.insert_event_raw(ev.queue_name, ev.ev_id, ev.ev_time, ev.ev_owner, ev.ev_retry, ev.ev_type, ev.ev_data,
                                     ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4);
        delete from pgq.retry_queue w where w.ev_owner = ev.ev_owner and w.ev_id = ev.ev_id;
        moved := moved + 1;
        if ev.tx_limit >= 0 then
            moved_of := moved_of || jsonb_build_object(ev.ev_queue, coalesce((moved_of ->> ev.ev_queue::text)::int4, 0) + 1);
        end if;
    end loop;
    return moved;
end $$;
