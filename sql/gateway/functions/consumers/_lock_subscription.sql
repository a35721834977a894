-- Finds and locks a consumer's subscription; a cooperative member is named `consumer.member`. PQ001 for an unknown
-- queue, PQ002 for a consumer that is not registered.
-- Grant: nobody
create or replace function pgq_gateway._lock_subscription(
    i_queue text, i_consumer text, out queue_id int4, out consumer_id int4, out main_name text)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    queue_id := pgq_gateway._queue_id(i_queue);
    select s.sub_consumer into consumer_id
      from pgq.subscription s join pgq.consumer c on c.co_id = s.sub_consumer
     where s.sub_queue = _lock_subscription.queue_id and c.co_name = i_consumer
       for update of s;
    if not found then
        raise exception 'Consumer % is not registered on queue %; use registerConsumer',
                pgq_gateway._shown(i_consumer), pgq_gateway._shown(i_queue)
            using errcode = 'PQ002', hint = 'consumer';
    end if;
    select c.main_name into main_name
      from pgq_gateway.consumer_info c
     where c.queue_id = _lock_subscription.queue_id and c.consumer_id = _lock_subscription.consumer_id;
end $$;
