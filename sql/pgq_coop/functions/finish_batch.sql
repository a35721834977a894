-- Closes a member's batch. Returns 1, or 0 with a warning for an unknown batch or NULL.
-- Departure: on the batch of a plain consumer it does what pgq.finish_batch does, where upstream erases the consumer's position.
-- Grant: pgq_reader
create or replace function pgq_coop.finish_batch(i_batch_id bigint) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
begin
    update pgq.subscription
       set sub_last_tick = case when pgq_coop._is_subconsumer(sub_queue, sub_consumer) then null else sub_next_tick end,
           sub_next_tick = null, sub_batch = null, sub_active = now()
     where sub_batch = i_batch_id;
    if not found then
        raise warning 'coop_finish_batch: batch % not found', i_batch_id;
        return 0;
    end if;
    return 1;
end;
$$;
