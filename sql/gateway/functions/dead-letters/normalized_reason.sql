-- Shortens the reason of a dead letter to what it has in common with others: words with digits, such as numbers, dates and UUIDs,
-- become #, and it has at most 200 characters. No reason is an empty one. It is called for each letter, so it has no settings
-- of its own, which would keep it from being inlined.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.normalized_reason(i_reason text)
returns text
language sql immutable parallel safe
as $$
    select pg_catalog.left(pg_catalog.regexp_replace(
        pg_catalog.left(coalesce(i_reason, ''), 400), '[[:alnum:]-]*[0-9][[:alnum:]-]*', '#', 'g'), 200)
$$;
