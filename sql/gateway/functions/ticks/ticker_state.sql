-- Returns what a ticker must know of each queue (i_queues null: of all) to plan its next tick. event_seq is the last
-- id given out, 0 when none was or the sequence is gone. tick_* describe the newest tick and are NULL when there is none; previous_gap_ms is
-- the time between the two newest, NULL when there is no second. Ages are the server's. row_version changes with the
-- queue's settings; snapshot is the present one.
-- Grant: pgq_admin
create or replace function pgq_gateway.ticker_state(i_queues text[] default null)
returns table (
    queue_id int4, queue_name text, is_external bool, is_paused bool, max_count int4, max_lag_ms float8,
    idle_period_ms float8, event_seq bigint, tick_id bigint, tick_event_seq bigint, tick_age_ms float8,
    previous_gap_ms float8, row_version text, snapshot text)
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select q.queue_id, q.queue_name, q.queue_external_ticker, q.queue_ticker_paused, q.queue_ticker_max_count,
           1000 * extract(epoch from q.queue_ticker_max_lag)::float8,
           1000 * extract(epoch from q.queue_ticker_idle_period)::float8,
           coalesce(pg_sequence_last_value(to_regclass(q.queue_event_seq)), 0),
           t.tick_id, t.tick_event_seq,
           1000 * extract(epoch from clock_timestamp() - t.tick_time)::float8,
           1000 * extract(epoch from t.tick_time - p.tick_time)::float8,
           q.xmin::text, txid_current_snapshot()::text
      from unnest(coalesce(i_queues, array(select a.queue_name from pgq.queue a where i_queues is null))) wanted (name)
     -- Each queue is looked up by itself: a condition on i_queues would let the planner read all of them for one.
     cross join lateral (select a.*, a.xmin from pgq.queue a where a.queue_name = wanted.name limit 1) q
      left join lateral (select * from pgq.tick n where n.tick_queue = q.queue_id order by n.tick_id desc limit 1) t
        on true
      left join lateral (select n.tick_time from pgq.tick n
                          where n.tick_queue = q.queue_id and n.tick_id < t.tick_id
                          order by n.tick_id desc limit 1) p
        on true
$$;
