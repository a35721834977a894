-- Sends every event of an open batch back to its consumer. Returns how many were newly queued. The batch stays open.
-- PQ003 for an unknown batch, PQ011 for a stale lease.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.retry_batch(i_batch_id bigint, i_token uuid, i_after_seconds int4)
returns int4
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform pgq_gateway._hold_open_batch(i_batch_id, i_token);
    return pgq.batch_retry(i_batch_id, i_after_seconds);
end $$;
