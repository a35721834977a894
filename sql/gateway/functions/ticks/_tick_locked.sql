-- Does the work of tick and ticker_step, whose caller holds the queue's tick lock. Returns the tick's id, or NULL.
-- Grant: pgq_admin
create or replace function pgq_gateway._tick_locked(i_queue text, i_queue_id int4, i_force bool)
returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    tick_id bigint := pgq.ticker(i_queue);
    forced bool := i_force;
    event_seq regclass;
    ticked bigint;
begin
    -- Upstream lets a queue wait for the time of its newest tick, which a clock that was set back leaves in the future.
    if tick_id is null and not forced then
        select t.tick_time > clock_timestamp() into forced
          from pgq.tick t where t.tick_queue = i_queue_id order by t.tick_id desc limit 1;
    end if;
    if tick_id is null and (forced or pgq_gateway._has_unticked_events(i_queue_id)) then
        -- PgQ ticks when the sequence has moved and the last tick is older than max lag. It moves twice where the tick is
        -- ahead, as upstream's first one is, which counts an unused sequence as 1.
        select q.queue_event_seq::regclass, t.tick_event_seq into event_seq, ticked
          from pgq.queue q join pgq.tick t on t.tick_queue = q.queue_id
         where q.queue_id = i_queue_id
         order by t.tick_id desc
         limit 1;
        if nextval(event_seq) <= ticked then
            perform nextval(event_seq);
        end if;
        tick_id := pgq.ticker(i_queue);
    end if;
    if tick_id is null and forced then
        perform pgq.force_tick(i_queue);
        tick_id := pgq.ticker(i_queue);
    end if;
    return tick_id;
end $$;
