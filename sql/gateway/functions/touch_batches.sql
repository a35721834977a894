-- The heartbeat of live streams: refreshes the activity of the members that hold these batches under these tokens, and
-- returns the batches that are still held so. One call serves all streams of a gateway.
create or replace function pgq_gateway.touch_batches(i_tokens uuid[])
returns setof bigint
language sql security definer set search_path = pg_catalog, pg_temp
as $$
    update pgq.subscription s
       set sub_active = now()
      from pgq_gateway.lease l
     where l.token = any (i_tokens)
       and s.sub_queue = l.queue_id and s.sub_consumer = l.consumer_id and s.sub_batch = l.batch_id
    returning s.sub_batch
$$;

revoke all on function pgq_gateway.touch_batches(uuid[]) from public;
grant execute on function pgq_gateway.touch_batches(uuid[]) to pgq_reader, pgq_admin;
