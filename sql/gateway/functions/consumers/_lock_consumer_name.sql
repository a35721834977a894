-- Makes registrations under one name wait for each other until the transaction ends. PgQ would fail one of two
-- that are the first at once.
-- Grant: nobody
create or replace function pgq_gateway._lock_consumer_name(i_consumer text)
returns void
language sql set search_path = pg_catalog, pg_temp
as $$
    select pg_advisory_xact_lock(hashtextextended('pgq_gateway consumer ' || i_consumer, 0))
$$;
