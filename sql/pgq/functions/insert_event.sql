-- Inserts an event with the transaction's start as its time; returns its id. Every payload argument may be NULL.
-- Errors are those of pgq.insert_event_raw.
create or replace function pgq.insert_event(queue_name text, ev_type text, ev_data text) returns bigint
language sql as $$ select pgq.insert_event($1, $2, $3, null, null, null, null) $$;

create or replace function pgq.insert_event(queue_name text, ev_type text, ev_data text,
    ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
begin
    return pgq.insert_event_raw(queue_name, null, now(), null, null, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4);
end;
$$;
