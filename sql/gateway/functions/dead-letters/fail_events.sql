-- Copies events of an open batch to the dead letters of their consumer (of the group, for a member), and returns the
-- ids of the letters. An event that is there already gets the new reason. PQ003, PQ004, PQ011 as in retry_events.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.fail_events(
    i_batch_id bigint, i_token uuid, i_event_ids bigint[], i_reasons text[])
returns bigint[]
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    held record;
    letters bigint[];
begin
    if cardinality(i_event_ids) = 0 then
        return '{}';
    end if;
    held := pgq_gateway._hold_open_batch(i_batch_id, i_token);
    perform pgq_gateway._check_events(i_batch_id, i_event_ids);
    with written as (
        insert into pgq_gateway.dead_letter as d (queue_id, consumer_name, reason, ev_id, ev_time, ev_txid, ev_retry,
                                                  ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
        select distinct on (e.ev_id) held.queue_id, held.group_name, wanted.reason, e.ev_id, e.ev_time, e.ev_txid, e.ev_retry,
               e.ev_type, e.ev_data, e.ev_extra1, e.ev_extra2, e.ev_extra3, e.ev_extra4
          from pgq.get_batch_events(i_batch_id) e
          join unnest(i_event_ids, i_reasons) wanted (ev_id, reason) using (ev_id)
         order by e.ev_id, e.ev_retry desc nulls last
            on conflict (queue_id, consumer_name, ev_id) do update
           set reason = excluded.reason, failed_at = now(), ev_txid = excluded.ev_txid, ev_retry = excluded.ev_retry
        returning d.dead_letter_id)
    select array_agg(dead_letter_id) into letters from written;
    return letters;
end $$;
