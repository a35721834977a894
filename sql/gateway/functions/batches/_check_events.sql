-- Refuses (PQ004) events of which one is not in the batch.
-- Grant: nobody
create or replace function pgq_gateway._check_events(i_batch_id bigint, i_event_ids bigint[])
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    missing bigint;
begin
    select wanted.ev_id into missing
      from unnest(i_event_ids) wanted (ev_id)
     where not exists (select from pgq.get_batch_events(i_batch_id) e where e.ev_id = wanted.ev_id)
     limit 1;
    if found then
        raise exception 'Event % is not in batch %', missing, i_batch_id using errcode = 'PQ004', column = 'eventId';
    end if;
end $$;
