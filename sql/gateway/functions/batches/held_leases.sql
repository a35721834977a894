-- Returns those of these tokens whose batch is open and theirs: neither settled nor taken over. silent_seconds is the
-- time since the worker itself was last heard of, by opening the batch or by touch_batch.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.held_leases(i_tokens uuid[])
returns table (token uuid, silent_seconds float8)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select l.token, extract(epoch from now() - coalesce(l.touched_at, l.opened_at))::float8
      from pgq_gateway.lease l
      join pgq.subscription s
        on s.sub_queue = l.queue_id and s.sub_consumer = l.consumer_id and s.sub_batch = l.batch_id
     where l.token = any (i_tokens)
$$;
