-- Returns, for each of these cooperative consumers (arrays of equal length) that has a member with a batch open, the
-- longest time since such a member was heard of, in seconds.
-- It reads the rows of the group; upstream has no index for that, and looks through the queue's subscriptions.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.silent_members(i_queues text[], i_consumers text[])
returns table (queue_name text, consumer_name text, silent_seconds float8)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select wanted.queue_name, wanted.consumer_name, silence.seconds
      from unnest(i_queues, i_consumers) wanted (queue_name, consumer_name)
     cross join lateral (
           select s.sub_queue, s.sub_consumer, s.sub_id
             from pgq.subscription s
            where s.sub_queue = (select q.queue_id from pgq.queue q where q.queue_name = wanted.queue_name)
              and s.sub_consumer = (select c.co_id from pgq.consumer c where c.co_name = wanted.consumer_name)
            limit 1) main
     cross join lateral (
           select max(extract(epoch from now() - member.sub_active))::float8 as seconds
             from pgq.subscription member
            where member.sub_queue = main.sub_queue and member.sub_id = main.sub_id
              and member.sub_consumer <> main.sub_consumer and member.sub_batch is not null) silence
     where silence.seconds is not null
$$;
