-- Returns the queues whose next tick PgQ's rules have wanted for 2 s: the oldest new event could wait for longer than max
-- lag, or without events the newest tick is older than the idle period, and than i_idle_floor_ms. A queue with as many new
-- events as its max count, without a tick, or with one of the future, which is left where the clock was set back, wants one
-- now. late_ms is the time since when, NULL where that is not known. Paused and external queues are left out. tick_id is
-- the newest tick. An event that the sequence does not show as new (_has_unticked_events) waits for the idle period here.
-- Gives up (55P03) where a lock keeps it from reading them for 2 s.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.due_queues(i_idle_floor_ms float8)
returns table (queue_id int4, queue_name text, tick_id bigint, late_ms float8)
language sql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '2s'
as $$
    select q.queue_id, q.queue_name, t.tick_id, case when wait.late_ms >= 2000 then wait.late_ms end
      from pgq.queue q
      left join lateral (select * from pgq.tick n where n.tick_queue = q.queue_id order by n.tick_id desc limit 1) t
        on true
     cross join lateral (
           select 1000 * extract(epoch from clock_timestamp() - t.tick_time)::float8 as age_ms,
                  1000 * extract(epoch from q.queue_ticker_max_lag)::float8 as max_lag_ms,
                  1000 * extract(epoch from q.queue_ticker_idle_period)::float8 as idle_ms,
                  coalesce(pg_sequence_last_value(to_regclass(q.queue_event_seq)), 0) - t.tick_event_seq as new_events) now
     cross join lateral (
           select now.age_ms - case when now.new_events > 0 then now.max_lag_ms
                                    else greatest(now.idle_ms, now.max_lag_ms / 2, i_idle_floor_ms) end as late_ms) wait
     where not q.queue_external_ticker and not q.queue_ticker_paused
       and (wait.late_ms >= 2000 or now.new_events > 0 and now.new_events >= q.queue_ticker_max_count
            or now.age_ms < 0 or t.tick_id is null)
$$;
