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
    with wanted as (
        select * from unnest(i_queue_ids, i_consumer_ids) w (queue_id, consumer_id)
         union all
        select s.sub_queue, s.sub_consumer from pgq.subscription s where i_queue_ids is null),
    -- The members of all groups are found at once: PgQ has no index by sub_id.
    members as materialized (
        select m.* from pgq.subscription m where m.sub_queue in (select w.queue_id from wanted w))
    select s.sub_queue, s.sub_consumer,
           bool_or(held.queue_id is not null),
           (max(extract(epoch from now() - coalesce(l.opened_at, m.sub_active)))
               filter (where m.sub_batch is not null))::float8,
           coalesce(
               (max(extract(epoch from now() - pgq_gateway._time_of_tick_beyond(m.sub_queue, m.sub_last_tick, t.tick_event_seq)))
                   filter (where m.sub_consumer = s.sub_consumer or e.tick_event_seq > t.tick_event_seq))::float8,
               q.oldest_unticked_seconds)
      from wanted w
      join pgq.subscription s on s.sub_queue = w.queue_id and s.sub_consumer = w.consumer_id
      join pgq_gateway.queue_info q on q.queue_id = s.sub_queue
      join members m on m.sub_queue = s.sub_queue and m.sub_id = s.sub_id
      left join pgq.tick t on t.tick_queue = m.sub_queue and t.tick_id = m.sub_last_tick
      left join pgq.tick e on e.tick_queue = m.sub_queue and e.tick_id = m.sub_next_tick
      left join pgq_gateway.lease l
        on l.queue_id = m.sub_queue and l.consumer_id = m.sub_consumer and l.batch_id = m.sub_batch
      left join pgq_gateway.stream held
        on held.queue_id = m.sub_queue and held.consumer_id = m.sub_consumer
           and held.gateway = any ((select pgq_gateway._live_gateways())::int4[])
     group by s.sub_queue, s.sub_consumer, q.oldest_unticked_seconds;
end $$;
