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
      from pgq.subscription s join pgq.consumer c on c.co_id = s.sub_consumer
     where s.sub_queue = _lock_subscription.queue_id and c.co_name = i_consumer
       for update of s;
    if not found then
        raise exception 'Consumer % is not registered on queue %; use registerConsumer',
                pgq_gateway._shown(i_consumer), pgq_gateway._shown(i_queue)
            using errcode = 'PQ002', column = 'consumer';
    end if;
    -- This is what consumer_info says, read once: the view would look through the queue's subscriptions for each row.
    select (array_agg(c.co_name order by length(c.co_name)) filter (where starts_with(i_consumer, c.co_name || '.')))[1],
           coalesce(bool_or(starts_with(c.co_name, i_consumer || '.')), false)
      into main_name, has_members
      from pgq.subscription s join pgq.consumer c on c.co_id = s.sub_consumer
     where s.sub_queue = _lock_subscription.queue_id and s.sub_id = group_id and s.sub_consumer <> consumer_id;
end $$;
