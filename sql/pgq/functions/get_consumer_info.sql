-- Returns position and activity of one consumer of one queue, of all where an argument is NULL; by queue and consumer. lag and
-- pending_events are measured from the tick at which the consumer stands (or its open batch starts) and are NULL without one.
-- Grant: public
create or replace function pgq.get_consumer_info(i_queue_name text, i_consumer_name text, out queue_name text, out consumer_name text,
    out lag interval, out last_seen interval, out last_tick bigint, out current_batch bigint, out next_tick bigint, out pending_events bigint)
returns setof record
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
begin
    return query
        select q.queue_name, c.co_name, current_timestamp - p.tick_time, current_timestamp - s.sub_active,
               s.sub_last_tick, s.sub_batch, s.sub_next_tick, t.tick_event_seq - p.tick_event_seq
          from pgq.queue q
          join pgq.subscription s on s.sub_queue = q.queue_id
          join pgq.consumer c on c.co_id = s.sub_consumer
          left join pgq.tick p on p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
          left join lateral (
            select k.tick_event_seq from pgq.tick k where k.tick_queue = q.queue_id order by k.tick_id desc limit 1) t on true
         where (i_queue_name is null or q.queue_name = i_queue_name)
           and (i_consumer_name is null or c.co_name = i_consumer_name)
         order by q.queue_name, c.co_name;
end;
$$;

create or replace function pgq.get_consumer_info(i_queue_name text, out queue_name text, out consumer_name text,
    out lag interval, out last_seen interval, out last_tick bigint, out current_batch bigint, out next_tick bigint, out pending_events bigint)
returns setof record
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
begin
    return query select * from pgq.get_consumer_info(i_queue_name, null);
end;
$$;

create or replace function pgq.get_consumer_info(out queue_name text, out consumer_name text,
    out lag interval, out last_seen interval, out last_tick bigint, out current_batch bigint, out next_tick bigint, out pending_events bigint)
returns setof record
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
begin
    return query select * from pgq.get_consumer_info(null, null);
end;
$$;
