-- Moves up to 10 events whose retry time has come back into their queues, oldest first; returns how many. Call until 0.
-- Locks pgq.retry_queue SHARE UPDATE EXCLUSIVE, so movers exclude each other while pgq.event_retry goes on.
-- Departure: queues that are disabled, or that have used up queue_per_tx_limit in this transaction, do not stop the others.
-- Grant: pgq_admin
create or replace function pgq.maint_retry_events() returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    ev record;
    moved integer := 0;
begin
    lock table pgq.retry_queue in share update exclusive mode;
    for ev in
        select r.*, q.queue_name
          from pgq.queue q
         cross join lateral (
            select * from pgq.retry_queue w
             where w.ev_queue = q.queue_id and w.ev_retry_after <= pg_catalog.now()
             order by w.ev_retry_after
             limit case when q.queue_per_tx_limit >= 0 then greatest(0, least(10, q.queue_per_tx_limit
                       - coalesce(nullif(pg_catalog.current_setting('pgq.tx_events_' || q.queue_id, true), ''), '0')::integer))
                   else 10 end) r
         where not q.queue_disable_insert or pg_catalog.current_setting('session_replication_role') = 'replica'
         order by r.ev_retry_after
         limit 10
    loop
        perform pgq.insert_event_raw(ev.queue_name, ev.ev_id, ev.ev_time, ev.ev_owner, ev.ev_retry, ev.ev_type, ev.ev_data,
                                     ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4);
        delete from pgq.retry_queue where ev_owner = ev.ev_owner and ev_id = ev.ev_id;
        moved := moved + 1;
    end loop;
    return moved;
end;
$$;
