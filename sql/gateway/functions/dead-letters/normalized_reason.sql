-- Shortens the reason of a dead letter to what it has in common with others: numbers and UUIDs become #, spaces one space, and it
-- has at most 200 characters. No reason is an empty one.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.normalized_reason(i_reason text)
returns text
language sql immutable parallel safe set search_path = pg_catalog, pg_temp
as $$
    select left(btrim(regexp_replace(regexp_replace(left(coalesce(i_reason, ''), 1000),
        '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9]+', '#', 'g'),
        '\s+', ' ', 'g')), 200)
$$;
