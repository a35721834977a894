-- Copies one event of an open batch to the dead letters for pgq.event_failed. Returns false where it is there already: that
-- letter stays as it is. PQ003, PQ004, PQ011 as in fail_events.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway._fail_event(i_batch_id bigint, i_event_id bigint, i_reason text)
returns bool
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    held record;
begin
    held := pgq_gateway._hold_open_batch(i_batch_id, null);
    perform 1
       from pgq_gateway.dead_letter d
      where d.queue_id = held.queue_id and d.consumer_name = held.group_name and d.ev_id = i_event_id;
    if found then
        perform pgq_gateway._check_events(i_batch_id, array[i_event_id]);
        return false;
    end if;
    perform pgq_gateway.fail_events(i_batch_id, null, array[i_event_id], array[i_reason]);
    return true;
end $$;
