-- Announces a tick on channel pgq_tick when it commits, as {"queue": name, "tick": id as text}. A name too long for a
-- payload is sent as null: look at every queue. This is a trigger function for "after insert on pgq.tick for each
-- row".
-- Grant: public
create or replace function pgq_gateway.notify_tick()
returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    queue text;
    payload text;
begin
    select q.queue_name into queue from pgq.queue q where q.queue_id = new.tick_queue;
    payload := json_build_object('queue', queue, 'tick', new.tick_id::text);
    if octet_length(payload) > 7900 then
        payload := json_build_object('queue', null, 'tick', new.tick_id::text);
    end if;
    perform pg_notify('pgq_tick', payload);
    return null;
end $$;
