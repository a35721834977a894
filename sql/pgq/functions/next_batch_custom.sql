-- Opens the consumer's next batch, or returns the one that is open: then the limits do not count and nothing is written.
-- i_min_lag: leave a tick alone until it is this old; i_min_count, i_min_interval: see pgq.find_tick_helper; NULL = no limit.
-- One row, all NULL when no tick is ready. PQ002 not subscribed; PQ012 for an idle cooperative member, whose position is its group's;
-- PQ016 when the start tick is gone.
-- Departure: the subscription row is locked FOR UPDATE before a batch is given out, so concurrent calls get one and the same.
-- Grant: pgq_reader
create or replace function pgq.next_batch_custom(i_queue_name text, i_consumer_name text, i_min_lag interval, i_min_count int4,
    i_min_interval interval, out batch_id int8, out cur_tick_id int8, out prev_tick_id int8, out cur_tick_time timestamptz,
    out prev_tick_time timestamptz, out cur_tick_event_seq int8, out prev_tick_event_seq int8)
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    sub record;
    candidate record;
begin
    loop
        select s.sub_queue, s.sub_consumer, s.sub_last_tick, s.sub_batch,
               p.tick_id as prev_id, p.tick_time as prev_time, p.tick_event_seq as prev_seq,
               n.tick_id as next_id, n.tick_time as next_time, n.tick_event_seq as next_seq
          into sub
          from pgq.subscription s
          left join pgq.tick p on p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
          left join pgq.tick n on n.tick_queue = s.sub_queue and n.tick_id = s.sub_next_tick
         -- Joins by name would let the planner look through all subscriptions of the queue.
         where s.sub_queue = (select q.queue_id from pgq.queue q where q.queue_name = i_queue_name)
           and s.sub_consumer = (select c.co_id from pgq.consumer c where c.co_name = i_consumer_name);
        if not found then
            raise exception 'Not subscriber to queue: %/%', coalesce(i_queue_name, 'NULL'), coalesce(i_consumer_name, 'NULL')
                using errcode = 'PQ002', column = 'consumer';
        end if;
        if sub.prev_id is null then
            raise exception 'PgQ corruption: Consumer % on queue % does not see tick <NULL>', i_consumer_name, i_queue_name
                using errcode = case when sub.sub_last_tick is null then 'PQ012' else 'PQ016' end;
        end if;

        if sub.sub_batch is not null then
            batch_id := sub.sub_batch;
            cur_tick_id := sub.next_id;
            cur_tick_time := sub.next_time;
            cur_tick_event_seq := sub.next_seq;
            exit;
        end if;

        if i_min_interval is null and i_min_count is null then
            select t.tick_id, t.tick_time, t.tick_event_seq into candidate
              from pgq.tick t
             where t.tick_queue = sub.sub_queue and t.tick_id > sub.sub_last_tick
             order by t.tick_id limit 1;
        else
            select h.next_tick_id as tick_id, h.next_tick_time as tick_time, h.next_tick_seq as tick_event_seq into candidate
              from pgq.find_tick_helper(sub.sub_queue, sub.prev_id, sub.prev_time, sub.prev_seq, i_min_count, i_min_interval) h;
        end if;
        if candidate.tick_id is null or coalesce(now() - candidate.tick_time < i_min_lag, false) then
            return;
        end if;

        perform 1 from pgq.subscription s
          where s.sub_queue = sub.sub_queue and s.sub_consumer = sub.sub_consumer
            and s.sub_batch is null and s.sub_last_tick = sub.sub_last_tick
            for update;
        -- Another session was faster where none is found, so look again.
        continue when not found;

        batch_id := nextval('pgq.batch_id_seq');
        cur_tick_id := candidate.tick_id;
        cur_tick_time := candidate.tick_time;
        cur_tick_event_seq := candidate.tick_event_seq;
        update pgq.subscription s
           set sub_batch = next_batch_custom.batch_id, sub_next_tick = candidate.tick_id, sub_active = now()
         where s.sub_queue = sub.sub_queue and s.sub_consumer = sub.sub_consumer;
        exit;
    end loop;
    prev_tick_id := sub.prev_id;
    prev_tick_time := sub.prev_time;
    prev_tick_event_seq := sub.prev_seq;
end;
$$;
