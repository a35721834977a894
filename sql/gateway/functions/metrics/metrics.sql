-- Returns what a monitoring system asks of a database, a row per series; consumer_name is null for what is about a queue. It
-- reads no event table. Events are counted by the sequence of their ids, so those that were rolled back count, too.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.metrics()
returns table (metric text, queue_name text, consumer_name text, value float8)
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select m.metric, q.queue_name, null, m.value
      from pgq.queue q
     cross join lateral (select coalesce(pg_sequence_last_value(to_regclass(q.queue_event_seq)), 0) as last_id offset 0) events
      -- The view queue_info has the same of all this, but finds out more.
      left join lateral (
           select t.tick_time, case t.tick_id when 1 then 0 else t.tick_event_seq end as counted
             from pgq.tick t
            where t.tick_queue = q.queue_id
            order by t.tick_id desc
            limit 1) newest on true
      left join pgq_gateway.rotation_blockers(array(select queue_name from pgq.queue)) b on b.queue_name = q.queue_name
     cross join lateral (values
           ('pgq_queue_events_total', events.last_id::float8),
           ('pgq_queue_unticked_events', greatest(events.last_id - newest.counted, 0)::float8),
           ('pgq_queue_ticker_lag_seconds', extract(epoch from current_timestamp - newest.tick_time)::float8),
           ('pgq_queue_ticker_paused', case when q.queue_ticker_paused then 1 end::float8),
           ('pgq_queue_external_ticker', case when q.queue_external_ticker then 1 end::float8),
           ('pgq_queue_rotation_blocked_seconds', case when b.queue_name is null then 0
               else extract(epoch from current_timestamp - q.queue_switch_time - q.queue_rotation_period) end::float8)) m (metric, value)
     where m.value is not null
     union all
    select m.metric, c.queue_name, c.consumer_name, m.value
      from pgq_gateway.consumer_info c
     cross join lateral (values
           ('pgq_consumer_lag_seconds', c.lag_seconds),
           ('pgq_consumer_pending_events', c.pending_events::float8),
           ('pgq_consumer_last_seen_seconds', c.last_seen_seconds)) m (metric, value)
     where m.value is not null
     union all
    select 'pgq_batch_open_seconds', q.queue_name, c.co_name, extract(epoch from current_timestamp - b.opened_at)::float8
      from pgq_gateway._open_batch_times() b
      join pgq.queue q on q.queue_id = b.queue_id
      join pgq.consumer c on c.co_id = b.consumer_id
     union all
    select 'pgq_retry_events', q.queue_name, null, r.retry_count::float8
      from pgq_gateway.retry_counts(array(select queue_id from pgq.queue)) r
      join pgq.queue q on q.queue_id = r.queue_id
     union all
    select 'pgq_dead_letters', d.queue_name, d.consumer_name, count(*)::float8
      from pgq_gateway.dead_letter_info d
     group by d.queue_name, d.consumer_name
$$;
