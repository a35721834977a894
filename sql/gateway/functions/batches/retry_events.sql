-- Sends events of an open batch back to their consumer, each after its own number of seconds from now. Returns how
-- many were newly queued: one that waits in the retry queue already is left there. Passes over the batch once,
-- however many events are named. PQ003 for an unknown batch, PQ004 for an event that is not in it, PQ011 for a stale
-- lease.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.retry_events(
    i_batch_id bigint, i_token uuid, i_event_ids bigint[], i_after_seconds float8[])
returns int4
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    held record;
    queued int4;
begin
    if cardinality(i_event_ids) = 0 then
        return 0;
    end if;
    held := pgq_gateway._hold_open_batch(i_batch_id, i_token);
    perform pgq_gateway._check_events(i_batch_id, i_event_ids);
    insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_txid, ev_owner, ev_retry,
                                 ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
    select now() + make_interval(secs => wanted.after_seconds), held.queue_id, e.ev_id, e.ev_time, null, held.sub_id,
           coalesce(e.ev_retry, 0) + 1, e.ev_type, e.ev_data, e.ev_extra1, e.ev_extra2, e.ev_extra3, e.ev_extra4
      from pgq.get_batch_events(i_batch_id) e
      join unnest(i_event_ids, i_after_seconds) wanted (ev_id, after_seconds) using (ev_id)
        on conflict do nothing;
    get diagnostics queued = row_count;
    return queued;
end $$;
