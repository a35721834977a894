-- Returns, for each of these cooperative consumers (arrays of equal length) that has a member with a batch open, the
-- longest time since such a member was heard of, in seconds.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.silent_members(i_queues text[], i_consumers text[])
returns table (queue_name text, consumer_name text, silent_seconds float8)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select wanted.queue_name, wanted.consumer_name, max(extract(epoch from now() - member.sub_active))::float8
      from unnest(i_queues, i_consumers) wanted (queue_name, consumer_name)
      join pgq.queue q on q.queue_name = wanted.queue_name
      join pgq.consumer c on c.co_name = wanted.consumer_name
      join pgq.subscription main on main.sub_queue = q.queue_id and main.sub_consumer = c.co_id
      join pgq.subscription member on member.sub_queue = main.sub_queue and member.sub_id = main.sub_id
                                  and member.sub_consumer <> main.sub_consumer
     where member.sub_batch is not null
     group by 1, 2
$$;
