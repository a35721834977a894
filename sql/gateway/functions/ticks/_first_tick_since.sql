-- Returns the first tick of a queue that was made at i_time or later; NULL when there is none. It bisects, as the times of
-- ticks have no index.
-- Grant: nobody
create or replace function pgq_gateway._first_tick_since(i_queue_id int4, i_time timestamptz)
returns bigint
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    -- Ticks below the lower id are older. The tick that is looked for is the one found or lies between the two.
    lower_id bigint;
    upper_id bigint;
    found_id bigint;
    middle_id bigint;
    probe record;
begin
    select min(t.tick_id), max(t.tick_id) + 1 into lower_id, upper_id from pgq.tick t where t.tick_queue = i_queue_id;
    while lower_id < upper_id loop
        middle_id := lower_id + (upper_id - lower_id) / 2;
        select t.tick_id, t.tick_time into probe
          from pgq.tick t
         where t.tick_queue = i_queue_id and t.tick_id >= middle_id
         order by t.tick_id
         limit 1;
        if probe.tick_time >= i_time then
            found_id := probe.tick_id;
            upper_id := middle_id;
        else
            lower_id := probe.tick_id + 1;
        end if;
    end loop;
    return found_id;
end $$;
