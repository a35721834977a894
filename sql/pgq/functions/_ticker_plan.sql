-- Returns what the ticker knows of its queues, one row each.
--
-- is_ticking: neither external nor paused. is_due: tick now, as always after the first tick of a queue, and where the newest one is
-- of the future because a clock was set back. may_owe: the newest tick
-- may have left out events of transactions that were open then; where that is so it must be followed by another tick, although
-- the event sequence has not moved (see pgq._has_undelivered). tick_seq is NULL where one of the queue's sequences is missing.
--
-- pg_sequence_last_value is NULL for a sequence never used, which pgq.seq_getval cannot tell from one used once. The function is
-- STABLE, so that PostgreSQL puts the query in place of the call and a caller that wants one queue looks at that one only.
-- Grant: nobody
create or replace function pgq._ticker_plan() returns table (queue_id int4, queue_name text, is_ticking boolean, tick_seq regclass, event_seq bigint,
    last_tick_id bigint, last_snapshot txid_snapshot, last_event_seq bigint, is_due boolean, may_owe boolean)
language sql stable as $$
    select q.queue_id, q.queue_name, not q.queue_external_ticker and not q.queue_ticker_paused,
           case when s.event_seq_id is not null then pg_catalog.to_regclass(q.queue_tick_seq) end,
           s.event_seq, t.tick_id, t.tick_snapshot, t.tick_event_seq,
           case when t.tick_id is null or p.tick_id is null or t.tick_time > pg_catalog.clock_timestamp() then true
                when s.event_seq > t.tick_event_seq then
                    s.event_seq - t.tick_event_seq >= q.queue_ticker_max_count or t.lag >= q.queue_ticker_max_lag
                else not (t.lag < q.queue_ticker_max_lag / 2
                          or (t.lag < 2 * (t.tick_time - p.tick_time) and t.lag < q.queue_ticker_idle_period))
           end,
           coalesce(t.lag >= q.queue_ticker_max_lag
                    -- Nothing was open at the tick when its snapshot lists nothing and ends with the ticker's own transaction.
                    and (t.tick_event_seq is distinct from p.tick_event_seq
                         or t.tick_snapshot::text not like '%:'
                         or (pg_catalog.txid_snapshot_xmax(t.tick_snapshot) % 4294967296)::text <> t.ticker_xid::text),
                    false)
      from pgq.queue q
     cross join lateral (
        select id as event_seq_id, coalesce(pg_catalog.pg_sequence_last_value(id), 0) as event_seq
          from pg_catalog.to_regclass(q.queue_event_seq) id) s
      left join lateral (
        select k.tick_id, k.tick_time, k.tick_snapshot, k.tick_event_seq, k.xmin as ticker_xid, pg_catalog.now() - k.tick_time as lag
          from pgq.tick k where k.tick_queue = q.queue_id order by k.tick_id desc limit 1) t on true
      left join lateral (
        select k.tick_id, k.tick_time, k.tick_event_seq
          from pgq.tick k where k.tick_queue = q.queue_id and k.tick_id < t.tick_id order by k.tick_id desc limit 1) p on true
$$;
