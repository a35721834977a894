-- Refuses (PQ012) ids of events among which one stands twice. i_field is the input that named them.
-- Grant: nobody
create or replace function pgq_gateway._check_named_once(i_event_ids bigint[], i_field text)
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    twice bigint;
begin
    select ev_id into twice from unnest(i_event_ids) named (ev_id) group by ev_id having count(*) > 1 limit 1;
    if found then
        raise exception 'Event % is named twice; an event is either retried or failed, once', twice
            using errcode = 'PQ012', column = i_field;
    end if;
end $$;
