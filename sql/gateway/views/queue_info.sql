-- Shows every queue with the columns of pgq.get_queue_info(), in one pass; a filter reaches the tables.
--
-- A sequence that was never used counts as 0, so the first event of a queue is counted like any other. Intervals are
-- seconds. `new_events` and `events_per_second` are differences of sequence values: they include rolled-back events,
-- retries and the jump that force_tick makes.
-- Grant: public
drop view if exists pgq_gateway.queue_info;
create view pgq_gateway.queue_info as
select q.queue_id,
       q.queue_name,
       q.queue_ntables as table_count,
       q.queue_cur_table as current_table,
       q.queue_data_pfx || '_' || q.queue_cur_table as current_event_table,
       extract(epoch from q.queue_rotation_period)::float8 as rotation_period_seconds,
       q.queue_switch_time as switch_time,
       q.queue_external_ticker as external_ticker,
       q.queue_ticker_paused as ticker_paused,
       q.queue_ticker_max_count as ticker_max_count,
       extract(epoch from q.queue_ticker_max_lag)::float8 as ticker_max_lag_seconds,
       extract(epoch from q.queue_ticker_idle_period)::float8 as ticker_idle_period_seconds,
       extract(epoch from current_timestamp - newest.tick_time)::float8 as ticker_lag_seconds,
       case when newest.tick_time > past.tick_time
            then (newest.tick_event_seq - past.tick_event_seq)
                 / extract(epoch from newest.tick_time - past.tick_time)::float8
       end as events_per_second,
       greatest(coalesce(pg_sequence_last_value(to_regclass(q.queue_event_seq)), 0) - newest.tick_event_seq, 0) as new_events,
       newest.tick_id as last_tick_id
  from pgq.queue q
  left join lateral (
       select t.tick_id, t.tick_time, t.tick_event_seq
         from pgq.tick t
        where t.tick_queue = q.queue_id
        order by t.tick_id desc
        limit 1) newest on true
  left join lateral (
       select t.tick_time, t.tick_event_seq
         from pgq.tick t
        where t.tick_queue = q.queue_id and t.tick_id >= newest.tick_id - 20
        order by t.tick_id
        limit 1) past on true;
