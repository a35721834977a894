-- Returns the time of a queue's first tick after i_tick_id that has counted events after i_event_seq; NULL when there is
-- none. It bisects: a position that was left for days has a great many ticks without events after it.
-- Grant: nobody
create or replace function pgq_gateway._time_of_tick_beyond(i_queue_id int4, i_tick_id bigint, i_event_seq bigint)
returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    -- No tick up to the lower id has such events. The tick that is looked for is the one found or lies before the upper.
    lower_id bigint := i_tick_id;
    upper_id bigint;
    found_time timestamptz;
    probe record;
begin
    select t.tick_id, t.tick_time, t.tick_event_seq into probe
      from pgq.tick t
     where t.tick_queue = i_queue_id
     order by t.tick_id desc
     limit 1;
    if probe.tick_event_seq > i_event_seq then
        upper_id := probe.tick_id;
        found_time := probe.tick_time;
    end if;
    while lower_id + 1 < upper_id loop
        select t.tick_id, t.tick_time, t.tick_event_seq into probe
          from pgq.tick t
         where t.tick_queue = i_queue_id and t.tick_id >= lower_id + (upper_id - lower_id) / 2
         order by t.tick_id
         limit 1;
        if probe.tick_event_seq > i_event_seq then
            upper_id := lower_id + (upper_id - lower_id) / 2;
            found_time := probe.tick_time;
        else
            lower_id := probe.tick_id;
        end if;
    end loop;
    return found_time;
end $$;
