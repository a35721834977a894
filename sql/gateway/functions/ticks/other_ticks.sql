-- Tells how the queues other than these fare: how many there are that are not paused, and how long ago (ms) one of them was
-- ticked, NULL when none ever was.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.other_ticks(i_queue_ids int4[], out queue_count int4, out ticked_ms float8)
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select count(*)::int4, min(1000 * extract(epoch from clock_timestamp() - t.tick_time))::float8
      from pgq.queue q
      left join lateral (select n.tick_time from pgq.tick n where n.tick_queue = q.queue_id order by n.tick_id desc limit 1) t
        on true
     where not q.queue_ticker_paused and q.queue_id <> all (i_queue_ids)
$$;
