-- Counts the events that wait in the retry queue, per queue; queues without any are left out. pgq_reader cannot read
-- the retry queue itself.
-- Grant: pgq_reader, pgq_writer, pgq_admin
create or replace function pgq_gateway.retry_counts(i_queue_ids int4[])
returns table (queue_id int4, retry_count bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select r.ev_queue, count(*) from pgq.retry_queue r where r.ev_queue = any (i_queue_ids) group by r.ev_queue
$$;
