-- Shows every queue with the columns of pgq.get_queue_info(), and what is true of it now, in one pass; a filter reaches
-- the tables. It reads no event table.
--
-- A sequence that was never used counts as 0, and so does the tick that is made with a queue, where upstream stores 1:
-- the first event of a queue is counted like any other. Intervals are seconds. `new_events` and both rates are
-- differences of sequence values: they include rolled-back events, retries and the jump that force_tick makes.
--
-- `events_per_second` is PgQ's and stays as it is when nothing comes any more. `current_events_per_second` counts to
-- this moment, from the newest tick that is five seconds old, or the twentieth last.
--
-- A tick is late 2 s after PgQ's rules have wanted it, `tick_late_seconds`: with new events when the newest tick is as old as
-- max lag; without, at twice the distance of the newest two, at least half of max lag and at most the idle period, where the
-- built-in ticker keeps a second. An event may have come to an idle queue just now, so a late tick tells only who looks again
-- and finds the same one that nobody ticks. `tick_overdue_seconds` is sure at one look: that long the tick has been late, events
-- or not. Until it is overdue an event without a tick has waited for max lag at most; then perhaps as long as the newest tick is
-- old.
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
       greatest(events.last_id - newest.counted, 0) as new_events,
       newest.tick_id as last_tick_id,
       coalesce(greatest(events.last_id - since.tick_event_seq, 0)
                / greatest(extract(epoch from current_timestamp - since.tick_time)::float8, 1), 0) as current_events_per_second,
       case when not q.queue_ticker_paused and not q.queue_external_ticker
            then late.in_any_case
       end as tick_overdue_seconds,
       case when not q.queue_ticker_paused and not q.queue_external_ticker
            then late.by_events
       end as tick_late_seconds,
       case when events.last_id > newest.counted
            then extract(epoch from case when late.in_any_case is not null then current_timestamp - newest.tick_time
                                         else greatest(least(current_timestamp - newest.tick_time, q.queue_ticker_max_lag),
                                                       interval '0')
                                    end)::float8
       end as oldest_unticked_seconds
  from pgq.queue q
 cross join lateral (
       select coalesce(pg_sequence_last_value(to_regclass(q.queue_event_seq)), 0) as last_id
       offset 0) events
  left join lateral (
       select t.tick_id, t.tick_time, t.tick_event_seq, case t.tick_id when 1 then 0 else t.tick_event_seq end as counted
         from pgq.tick t
        where t.tick_queue = q.queue_id
        order by t.tick_id desc
        limit 1) newest on true
  left join lateral (
       select t.tick_time
         from pgq.tick t
        where t.tick_queue = q.queue_id and t.tick_id < newest.tick_id
        order by t.tick_id desc
        limit 1) previous on true
  left join lateral (
       select t.tick_id, t.tick_time, t.tick_event_seq, case t.tick_id when 1 then 0 else t.tick_event_seq end as counted
         from pgq.tick t
        where t.tick_queue = q.queue_id and t.tick_id >= newest.tick_id - 20
        order by t.tick_id
        limit 1) past on true
  left join lateral (
       select t.tick_time, t.tick_event_seq
         from pgq.tick t
        where t.tick_queue = q.queue_id and t.tick_id > past.tick_id and t.tick_id < newest.tick_id
          and t.tick_time <= current_timestamp - interval '5 s'
          -- A younger newest tick is what this is for.
          and newest.tick_time > current_timestamp - interval '5 s'
        order by t.tick_id desc
        limit 1) recent on true
 cross join lateral (
       select case when newest.tick_time <= current_timestamp - interval '5 s' then newest.tick_time
                   else coalesce(recent.tick_time, past.tick_time) end as tick_time,
              case when newest.tick_time <= current_timestamp - interval '5 s' then newest.counted
                   else coalesce(recent.tick_event_seq, past.counted) end as tick_event_seq) since
 cross join lateral (
       select extract(epoch from current_timestamp - coalesce(newest.tick_time, q.queue_switch_time))::float8 as age,
              extract(epoch from q.queue_ticker_max_lag)::float8 as with_events,
              extract(epoch from greatest(least(coalesce(2 * (newest.tick_time - previous.tick_time), interval '0'),
                                                q.queue_ticker_idle_period),
                                          q.queue_ticker_max_lag / 2, interval '1 s'))::float8 as without) wait
 cross join lateral (
       select nullif(greatest(wait.age - greatest(wait.with_events, wait.without), 2), 2) as in_any_case,
              nullif(greatest(wait.age - case when events.last_id > newest.counted then wait.with_events else wait.without end,
                              2), 2) as by_events) late;
