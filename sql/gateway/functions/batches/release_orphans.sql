-- Ends the claims of a gateway's streams other than these: the gateway does not know them any more, but a database
-- that lost its last commits may remember them. A claim of the last seconds may be younger than the list and is left
-- alone.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.release_orphans(i_gateway int4, i_stream_ids uuid[])
returns void
language sql security definer set search_path = pg_catalog, pg_temp
as $$
    select pgq_gateway.release_streams(array(
        select t.stream_id from pgq_gateway.stream t
         where t.gateway = i_gateway and t.stream_id <> all (i_stream_ids) and t.since < now() - interval '5 s'))
$$;
