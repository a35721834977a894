-- Subscribes a consumer at the queue's newest tick; see pgq.register_consumer_at.
-- Grant: pgq_reader
create or replace function pgq.register_consumer(x_queue_name text, x_consumer_id text) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
begin
    return pgq.register_consumer_at(x_queue_name, x_consumer_id, null);
end;
$$;
