-- Makes the next ticker call tick this queue at once, by a jump of the event sequence; makes no tick itself.
-- Returns the newest tick's id, NULL without ticks and for an unknown queue. A paused or external queue is left alone.
-- Grant: pgq_reader
create or replace function pgq.force_tick(i_queue_name text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    q pgq.queue%rowtype;
begin
    select * into q from pgq.queue where queue_name = i_queue_name;
    if q.queue_id is not null and not q.queue_external_ticker and not q.queue_ticker_paused then
        perform setval(q.queue_event_seq::regclass,
                       nextval(q.queue_event_seq::regclass) + 2 * q.queue_ticker_max_count::bigint + 1000);
    end if;
    return (select tick_id from pgq.tick where tick_queue = q.queue_id order by tick_id desc limit 1);
end;
$$;
