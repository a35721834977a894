-- Finds the tick that ends a batch under the given limits; NULLs for none. A limit is met when the batch has about i_min_count
-- events or spans i_min_interval; either suffices, NULL sets none. While none is exceeded twofold the newest tick is taken,
-- otherwise the first that meets one.
-- Grant: pgq_reader
create or replace function pgq.find_tick_helper(i_queue_id int4, i_prev_tick_id int8, i_prev_tick_time timestamptz, i_prev_tick_seq int8,
    i_min_count int8, i_min_interval interval, out next_tick_id int8, out next_tick_time timestamptz, out next_tick_seq int8)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    newest record;
    events int8;
    span interval;
begin
    select t.tick_id, t.tick_time, t.tick_event_seq into newest
      from pgq.tick t
     where t.tick_queue = i_queue_id and t.tick_id > i_prev_tick_id
     order by t.tick_id desc limit 1;
    if not found then
        return;
    end if;
    events := newest.tick_event_seq - i_prev_tick_seq;
    span := newest.tick_time - i_prev_tick_time;

    if coalesce(events > 2 * i_min_count, false) or coalesce(span > 2 * i_min_interval, false) then
        select t.tick_id, t.tick_time, t.tick_event_seq into next_tick_id, next_tick_time, next_tick_seq
          from pgq.tick t
         where t.tick_queue = i_queue_id and t.tick_id > i_prev_tick_id
           and (t.tick_event_seq - i_prev_tick_seq >= i_min_count or t.tick_time - i_prev_tick_time >= i_min_interval)
         order by t.tick_id limit 1;
    elsif coalesce(events >= i_min_count, false) or coalesce(span >= i_min_interval, false) then
        next_tick_id := newest.tick_id;
        next_tick_time := newest.tick_time;
        next_tick_seq := newest.tick_event_seq;
    end if;
end;
$$;
