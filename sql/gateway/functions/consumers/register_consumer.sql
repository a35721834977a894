-- Registers a consumer at a tick, or at the newest when i_at_tick is null. Returns true when it is new. With a tick,
-- a consumer that is registered already is moved there, and gives up a batch that it holds open. PQ001 for an unknown
-- queue, PQ012 for a tick that is not in the log, and for the full name of a group's member.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.register_consumer(i_queue text, i_consumer text, i_at_tick bigint)
returns bool
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    at_queue int4;
begin
    perform pgq_gateway._lock_queue(i_queue);
    at_queue := pgq_gateway._queue_id(i_queue);
    if i_at_tick is not null
       and not exists (select from pgq.tick t where t.tick_queue = at_queue and t.tick_id = i_at_tick) then
        raise exception 'Queue % has no tick %; Queue.ticks lists those still in the log', pgq_gateway._shown(i_queue), i_at_tick
            using errcode = 'PQ012', column = 'atTick';
    end if;
    perform pgq_gateway._lock_consumer_name(i_consumer);
    perform pgq_gateway._refuse_member(i_queue, i_consumer);
    return pgq.register_consumer_at(i_queue, i_consumer, i_at_tick) = 1;
end $$;
