-- Names a gateway that lives without a session of its own. It calls its connections to the pooler so.
-- Grant: nobody
create or replace function pgq_gateway._shared_name(i_gateway int4)
returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
    select format('pgq-graphql/shared gateway %s', i_gateway)
$$;
