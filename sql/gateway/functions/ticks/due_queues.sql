-- Returns the queues whose tick is late, by queue_info, or wanted now: with as many new events as their max count, without a
-- tick, or with one of the future, which is left where the clock was set back. late_ms is the time since when, NULL where that
-- is not known. Paused and external queues are left out. tick_id is the newest tick. An event that the sequence does not show as
-- new (_has_unticked_events) does not count here. Gives up (55P03) where a lock keeps it from reading them for 2 s.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.due_queues()
returns table (queue_id int4, queue_name text, tick_id bigint, late_ms float8)
language sql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '2s'
as $$
    select q.queue_id, q.queue_name, q.last_tick_id, 1000 * q.tick_late_seconds
      from pgq_gateway.queue_info q
     where not q.external_ticker and not q.ticker_paused
       and (q.tick_late_seconds is not null or q.new_events > 0 and q.new_events >= q.ticker_max_count
            or q.ticker_lag_seconds < 0 or q.last_tick_id is null)
$$;
