-- A worker's own sign of life for the batch that it has open, for held_leases and, of a member, for its group. False when
-- the batch was settled by this lease before, or is nobody's. PQ011 stale lease. Locks the subscription row.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.touch_batch(i_batch_id bigint, i_token uuid)
returns bool
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    held record;
begin
    held := pgq_gateway._hold_batch(i_batch_id, i_token);
    if held.found_batch then
        update pgq.subscription s set sub_active = clock_timestamp()
         where s.sub_queue = held.queue_id and s.sub_consumer = held.consumer_id;
        update pgq_gateway.lease l set touched_at = clock_timestamp()
         where l.queue_id = held.queue_id and l.consumer_id = held.consumer_id and l.batch_id = i_batch_id;
    end if;
    return held.found_batch;
end $$;
