-- Moves a consumer to a tick that is still in the log: to i_to_tick, to the last one that was made before or at i_to_time, or to
-- the newest where both are null. Tells where it was and is, and how many events that skips or repeats, by the sequence: NULL
-- where the tick that it was at is gone. With i_dry_run it only tells.
--
-- PQ001, PQ002; PQ012 for a tick or a time that is not in the log, and for a member. PQ010 while the consumer or a member of it
-- has a batch open, unless i_force: then the consumer's is given up, and members keep theirs. Locks the subscription row.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.move_consumer(
    i_queue text, i_consumer text, i_to_tick bigint, i_to_time timestamptz, i_force bool, i_dry_run bool)
returns table (from_tick bigint, to_tick bigint, skipped_events bigint, repeated_events bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    sub record;
    oldest record;
    target record;
    at_event bigint;
    open_batch bigint;
begin
    perform pgq_gateway._lock_queue(i_queue);
    sub := pgq_gateway._lock_subscription(i_queue, i_consumer);
    perform pgq_gateway._refuse_member(i_queue, i_consumer);
    select t.tick_id, t.tick_time into oldest
      from pgq.tick t where t.tick_queue = sub.queue_id order by t.tick_id limit 1;
    select t.tick_id, t.tick_event_seq into target
      from pgq.tick t
     where t.tick_queue = sub.queue_id
       and (i_to_tick is null or t.tick_id = i_to_tick)
       and (i_to_time is null or t.tick_id < coalesce(
               pgq_gateway._first_tick_since(sub.queue_id, i_to_time + interval '1 microsecond'), 9223372036854775807))
     order by t.tick_id desc
     limit 1;
    if target.tick_id is null then
        raise exception 'Queue % has no such tick in its log; the oldest is %, of %',
                pgq_gateway._shown(i_queue), oldest.tick_id, to_char(oldest.tick_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            using errcode = 'PQ012', column = case when i_to_tick is null then 'toTime' else 'toTick' end;
    end if;
    select max(m.sub_batch) into open_batch
      from pgq.subscription m
     where m.sub_queue = sub.queue_id
       and m.sub_id = (select s.sub_id from pgq.subscription s
                        where s.sub_queue = sub.queue_id and s.sub_consumer = sub.consumer_id);
    if open_batch is not null and not i_force and not i_dry_run then
        raise exception 'Consumer % has batch % open; finish it, or move it with force', pgq_gateway._shown(i_consumer), open_batch
            using errcode = 'PQ010', column = 'force';
    end if;
    select s.sub_last_tick, t.tick_event_seq into from_tick, at_event
      from pgq.subscription s
      left join pgq.tick t on t.tick_queue = s.sub_queue and t.tick_id = s.sub_last_tick
     where s.sub_queue = sub.queue_id and s.sub_consumer = sub.consumer_id;
    to_tick := target.tick_id;
    skipped_events := case when at_event is not null then greatest(target.tick_event_seq - at_event, 0) end;
    repeated_events := case when at_event is not null then greatest(at_event - target.tick_event_seq, 0) end;
    if not i_dry_run then
        perform pgq.register_consumer_at(i_queue, i_consumer, target.tick_id);
        perform pgq_gateway._drop_ended_parts();
    end if;
    return next;
end $$;
