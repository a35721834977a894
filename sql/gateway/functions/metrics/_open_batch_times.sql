-- Tells since when each open batch is open. A batch that was opened past the gateway counts from when its consumer was last
-- active.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway._open_batch_times()
returns table (queue_id int4, consumer_id int4, opened_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select s.sub_queue, s.sub_consumer, coalesce(l.opened_at, s.sub_active)
      from pgq.subscription s
      left join pgq_gateway.lease l
        on l.queue_id = s.sub_queue and l.consumer_id = s.sub_consumer and l.batch_id = s.sub_batch
     where s.sub_batch is not null
$$;
