-- Returns the milliseconds until the next event of the retry queue is due, zero or negative when one is; NULL when
-- there is none. Events of disabled queues, which cannot come back, do not count.
-- Grant: pgq_admin
create or replace function pgq_gateway.next_retry_ms()
returns float8
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select 1000 * extract(epoch from r.ev_retry_after - clock_timestamp())::float8
      from pgq.retry_queue r
     where r.ev_queue <> all (array(select q.queue_id from pgq.queue q
                                     where q.queue_disable_insert or q.queue_per_tx_limit = 0))
     order by r.ev_retry_after
     limit 1
$$;
