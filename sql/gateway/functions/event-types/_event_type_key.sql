-- Returns the key under which event_type_counter knows a type: it has one length, however long the names are. NULL
-- when one of them is. Migration 003-event-type-counter computes the same.
-- Grant: nobody
create or replace function pgq_gateway._event_type_key(i_queue text, i_type text)
returns bytea
language sql stable strict set search_path = pg_catalog, pg_temp
as $$
    select sha256(convert_to(octet_length(i_queue) || ':' || i_queue || i_type, getdatabaseencoding()))
$$;
