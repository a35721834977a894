-- Milliseconds until the next event of the retry queue is due, zero or negative when one is; NULL when it is empty.
create or replace function pgq_gateway.next_retry_ms()
returns float8
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select 1000 * extract(epoch from min(r.ev_retry_after) - clock_timestamp())::float8 from pgq.retry_queue r
$$;

revoke all on function pgq_gateway.next_retry_ms() from public;
grant execute on function pgq_gateway.next_retry_ms() to pgq_admin;
