-- A name as it stands in a message: quoted, and cut where somebody passes a book.
-- Grant: public
create or replace function pgq_gateway._shown(i_name text)
returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
    select coalesce('"' || left(i_name, 100) || case when length(i_name) > 100 then '...' else '' end || '"', 'null')
$$;
