-- Ends the claims of a gateway's streams other than these: the gateway does not know them any more, but a database
-- that lost its last commits may remember them. A claim of the last seconds may be younger than the list and is left
-- alone. The claims of a gateway that lives are left to its own login: others are refused (42501).
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.release_orphans(i_gateway int4, i_stream_ids uuid[])
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform pgq_gateway._check_own_life(i_gateway);
    perform pgq_gateway.release_streams(array(
        select t.stream_id from pgq_gateway.stream t
         where t.gateway = i_gateway and t.stream_id <> all (i_stream_ids) and t.since < now() - interval '5 s'));
end $$;
