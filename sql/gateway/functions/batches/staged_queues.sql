-- Lists the queues to which these parts of a settlement publish, each once. i_token is the lease under which they are
-- staged.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.staged_queues(i_token uuid, i_parts int4[])
returns setof text
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select distinct unnest(p.queues) from pgq_gateway.staged_part p where p.token = i_token and p.part = any (i_parts)
$$;
