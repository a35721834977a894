-- Returns the milliseconds until the next event of the retry queue is due, zero or negative when one is; NULL when
-- there is none. Events of disabled queues, which cannot come back, do not count.
-- Grant: pgq_admin
create or replace function pgq_gateway._next_retry_ms()
returns float8
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select 1000 * extract(epoch from r.ev_retry_after - clock_timestamp())::float8
      from pgq.retry_queue r
      join pgq.queue q on q.queue_id = r.ev_queue
     where not q.queue_disable_insert and q.queue_per_tx_limit is distinct from 0
     order by r.ev_retry_after
     limit 1
$$;
