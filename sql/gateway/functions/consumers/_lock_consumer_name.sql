-- Makes registrations under one name wait for each other until the transaction ends. PgQ would fail one of two
-- that are the first at once. Names share 256 rows.
-- Grant: nobody
create or replace function pgq_gateway._lock_consumer_name(i_consumer text)
returns void
language sql set search_path = pg_catalog, pg_temp
as $$
    select from pgq_gateway.consumer_name n where n.slot = hashtextextended(i_consumer, 0) & 255 for no key update
$$;
