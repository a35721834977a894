-- Records a worker's own sign of life for its open batch: held_leases reports it, and so does the group of a member.
-- Returns false when this lease has settled the batch before, or the batch is nobody's. PQ011 for a stale lease.
-- Locks the subscription row.
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
