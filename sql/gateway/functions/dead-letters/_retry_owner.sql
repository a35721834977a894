-- Finds the subscription to which a dead letter of a consumer goes back; NULL when that is not registered any more.
-- Grant: nobody
create or replace function pgq_gateway._retry_owner(i_queue_id int4, i_consumer text)
returns int4
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select s.sub_id
      from pgq.consumer c
      join pgq.subscription s on s.sub_queue = i_queue_id and s.sub_consumer = c.co_id
     where c.co_name = i_consumer
           -- A group whose member has the consumer's name by now is another consumer.
       and (position('.' in i_consumer) = 0
            or exists (select from pgq_gateway.consumer_info i
                        where i.queue_id = i_queue_id and i.consumer_id = c.co_id and i.main_name is null))
$$;
