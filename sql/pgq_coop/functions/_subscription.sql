-- Returns the subscription of a consumer name on a queue, all NULL where there is none. Reads only.
-- Grant: nobody
create or replace function pgq_coop._subscription(i_queue_name text, i_consumer_name text) returns pgq.subscription
language sql stable as $$
    select s
      from pgq.subscription s
      join pgq.queue q on q.queue_id = s.sub_queue
      join pgq.consumer c on c.co_id = s.sub_consumer
     where q.queue_name = i_queue_name and c.co_name = i_consumer_name
$$;
