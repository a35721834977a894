-- Counts, per queue, the events in the retry queue that are due since more than i_seconds.
-- Grant: pgq_admin
create or replace function pgq_gateway.overdue_retries(i_seconds float8)
returns table (queue_name text, overdue_count bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select q.queue_name, count(*)
      from pgq.retry_queue r
      join pgq.queue q on q.queue_id = r.ev_queue
     where r.ev_retry_after < clock_timestamp() - make_interval(secs => i_seconds)
     group by q.queue_name
     order by q.queue_name
$$;
