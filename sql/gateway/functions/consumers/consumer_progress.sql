-- Tells of these consumers (arrays of equal length; null for all) what is true now. A cooperative consumer is shown
-- together with its members.
--
-- is_connected: a stream of a live gateway has the consumer. open_batch_seconds: how long it has had a batch open, NULL
-- without one; a batch that was not opened through the gateway counts from when its consumer was last seen.
-- oldest_pending_seconds: the age of the oldest event that it has not finished, NULL when there is none: since the
-- first tick that counted such events, or as queue_info has it for events without a tick. Events in the retry queue
-- are put off, not pending. The sequence tells what a tick counted, so rolled-back events are seen as well.
--
-- It reads no event table, and takes no lock.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.consumer_progress(i_queue_ids int4[], i_consumer_ids int4[])
returns table (
    queue_id int4, consumer_id int4, is_connected bool, open_batch_seconds float8, oldest_pending_seconds float8)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with wanted as materialized (
        select s.sub_queue, s.sub_consumer, s.sub_id, s.sub_last_tick
          from unnest(i_queue_ids, i_consumer_ids) w (queue_id, consumer_id)
          join pgq.subscription s on s.sub_queue = w.queue_id and s.sub_consumer = w.consumer_id
         union all
        select s.sub_queue, s.sub_consumer, s.sub_id, s.sub_last_tick from pgq.subscription s where i_queue_ids is null),
    -- A group is looked at once, however many of its members are wanted.
    groups as materialized (
        select m.sub_queue, m.sub_id,
               bool_or(held.queue_id is not null) as is_connected,
               max(extract(epoch from now() - coalesce(l.opened_at, m.sub_active))) filter (where m.sub_batch is not null) as open_seconds,
               max(extract(epoch from now() - pgq_gateway._time_of_tick_beyond(m.sub_queue, m.sub_last_tick, t.tick_event_seq)))
                   filter (where e.tick_event_seq > t.tick_event_seq) as oldest_seconds
          from pgq.subscription m
          left join pgq.tick t on t.tick_queue = m.sub_queue and t.tick_id = m.sub_last_tick
          left join pgq.tick e on e.tick_queue = m.sub_queue and e.tick_id = m.sub_next_tick
          left join pgq_gateway.lease l
            on l.queue_id = m.sub_queue and l.consumer_id = m.sub_consumer and l.batch_id = m.sub_batch
          left join pgq_gateway.stream held
            on held.queue_id = m.sub_queue and held.consumer_id = m.sub_consumer
               and held.gateway = any ((select pgq_gateway._live_gateways())::int4[])
         where (m.sub_queue, m.sub_id) in (select w.sub_queue, w.sub_id from wanted w)
         group by m.sub_queue, m.sub_id)
    select w.sub_queue, w.sub_consumer, g.is_connected, g.open_seconds::float8,
           -- Open batches lie before the position from which a group goes on.
           coalesce(
               g.oldest_seconds,
               extract(epoch from now() - pgq_gateway._time_of_tick_beyond(w.sub_queue, w.sub_last_tick, t.tick_event_seq)),
               q.oldest_unticked_seconds)::float8
      from wanted w
      join groups g on g.sub_queue = w.sub_queue and g.sub_id = w.sub_id
      join pgq_gateway.queue_info q on q.queue_id = w.sub_queue
      left join pgq.tick t on t.tick_queue = w.sub_queue and t.tick_id = w.sub_last_tick;
end $$;
