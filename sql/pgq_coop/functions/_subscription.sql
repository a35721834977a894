-- Returns the subscription of a consumer name on a queue, all NULL where there is none. Reads only.
-- Grant: nobody
create or replace function pgq_coop._subscription(i_queue_name text, i_consumer_name text) returns pgq.subscription
language sql stable as $$
    select s
      from pgq.subscription s
     where s.sub_queue = (select q.queue_id from pgq.queue q where q.queue_name = i_queue_name)
       and s.sub_consumer = (select c.co_id from pgq.consumer c where c.co_name = i_consumer_name)
$$;
