-- Subscribes a consumer at a tick, by default (NULL) the newest. Returns 1, or 0 for one that is subscribed already: then a given
-- tick moves it there and closes its open batch, and NULL changes nothing.
-- PQ001 unknown queue or NULL, 23502 NULL consumer, PQ013 where the tick is missing or the queue has none.
-- Locks the consumer row FOR UPDATE. Departure: of two sessions that register one new name, the second waits and gets 0 (upstream: 23505).
-- Grant: pgq_reader
create or replace function pgq.register_consumer_at(x_queue_name text, x_consumer_name text, x_tick_pos bigint) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    q_id int4;
    consumer int4;
    start_tick bigint;
begin
    select queue_id into q_id from pgq.queue where queue_name = x_queue_name;
    if not found then
        raise exception 'Event queue not created yet' using errcode = 'PQ001', column = 'queue';
    end if;

    loop
        select co_id into consumer from pgq.consumer where co_name = x_consumer_name for update;
        exit when found;
        insert into pgq.consumer (co_name) values (x_consumer_name)
        on conflict (co_name) do nothing
        returning co_id into consumer;
        exit when found;
    end loop;

    if x_tick_pos is not null then
        perform 1 from pgq.tick where tick_queue = q_id and tick_id = x_tick_pos;
        if not found then
            raise exception 'cannot reposition, tick not found: %', x_tick_pos using errcode = 'PQ013';
        end if;
    end if;

    perform 1 from pgq.subscription where sub_queue = q_id and sub_consumer = consumer;
    if found then
        if x_tick_pos is not null then
            update pgq.subscription
               set sub_last_tick = x_tick_pos, sub_batch = null, sub_next_tick = null, sub_active = now()
             where sub_queue = q_id and sub_consumer = consumer;
        end if;
        return 0;
    end if;

    start_tick := x_tick_pos;
    if start_tick is null then
        select tick_id into start_tick from pgq.tick where tick_queue = q_id order by tick_id desc limit 1;
        if not found then
            raise exception 'No ticks for this queue.  Please run ticker on database.' using errcode = 'PQ013';
        end if;
    end if;
    insert into pgq.subscription (sub_queue, sub_consumer, sub_last_tick) values (q_id, consumer, start_tick);
    return 1;
end;
$$;
