-- Records the heartbeat of live streams: refreshes the activity of the members that hold batches under these tokens,
-- and returns the tokens that still hold theirs, as held_leases does. One call serves all streams of a gateway, so it
-- waits for no lock: a transaction that has a row locked is at work on it, and a long settlement of one member must
-- not stop the heart of the others.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.touch_leases(i_tokens uuid[])
returns table (token uuid, silent_seconds float8)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    with held as (
        select s.sub_queue, s.sub_consumer
          from pgq_gateway.lease l
          join pgq.subscription s
            on s.sub_queue = l.queue_id and s.sub_consumer = l.consumer_id and s.sub_batch = l.batch_id
         where l.token = any (i_tokens)
           for no key update of s skip locked)
    update pgq.subscription s
       set sub_active = now()
      from held
     where s.sub_queue = held.sub_queue and s.sub_consumer = held.sub_consumer;
    return query select * from pgq_gateway.held_leases(i_tokens);
end $$;
