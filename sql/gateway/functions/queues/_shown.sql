-- Quotes a name for a message, and cuts it after 100 characters.
-- Grant: public
create or replace function pgq_gateway._shown(i_name text)
returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
    select coalesce('"' || left(i_name, 100) || case when length(i_name) > 100 then '...' else '' end || '"', 'null')
$$;
