-- Closes an open batch and moves the consumer to its end tick. Returns 1, or 0 with a warning for an unknown batch or NULL.
-- Departure: on a cooperative member's batch it does what pgq_coop.finish_batch does, for a member has no position of its own.
-- Grant: pgq_reader
create or replace function pgq.finish_batch(x_batch_id bigint) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
begin
    update pgq.subscription
       set sub_last_tick = case when pgq._is_subconsumer(sub_queue, sub_consumer) then null else sub_next_tick end,
           sub_next_tick = null, sub_batch = null, sub_active = now()
     where sub_batch = x_batch_id;
    if not found then
        raise warning 'finish_batch: batch % not found', x_batch_id;
        return 0;
    end if;
    return 1;
end;
$$;
