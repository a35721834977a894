-- Finds and locks a consumer's subscription; a cooperative member is named `consumer.member`. main_name is the consumer
-- of which it is a member, has_members whether it has members itself. PQ001 for an unknown queue, PQ002 for a consumer
-- that is not registered.
-- Grant: nobody
create or replace function pgq_gateway._lock_subscription(
    i_queue text, i_consumer text, out queue_id int4, out consumer_id int4, out main_name text, out has_members bool)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    group_id int4;
begin
    queue_id := pgq_gateway._queue_id(i_queue);
    select s.sub_consumer, s.sub_id into consumer_id, group_id
      from pgq.subscription s
     where s.sub_queue = _lock_subscription.queue_id
       and s.sub_consumer = (select c.co_id from pgq.consumer c where c.co_name = i_consumer)
       for update of s;
    if not found then
        raise exception 'Consumer % is not registered on queue %; use registerConsumer',
                pgq_gateway._shown(i_consumer), pgq_gateway._shown(i_queue)
            using errcode = 'PQ002', column = 'consumer';
    end if;
    select c.main_name into main_name
      from pgq_gateway.consumer_info c
     where c.queue_id = _lock_subscription.queue_id and c.consumer_id = _lock_subscription.consumer_id;
    -- Upstream has no index for this, and looks through the queue's subscriptions.
    has_members := main_name is null and exists (
        select from pgq.subscription s
         where s.sub_queue = _lock_subscription.queue_id and s.sub_id = group_id and s.sub_consumer <> consumer_id);
end $$;
