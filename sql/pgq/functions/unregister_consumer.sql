-- Ends a subscription: that of a plain consumer with its waiting retries, of a cooperative main consumer with all its members, of a
-- member alone. Returns the number of subscriptions removed, 0 where there is none (also for NULL).
-- Locks the subscription and consumer rows FOR UPDATE. Departures: members are told from main consumers by name and not by their
-- tick columns; the open batch of a member goes to its group's retries; consumer rows of removed members go too.
-- Grant: pgq_reader
create or replace function pgq.unregister_consumer(x_queue_name text, x_consumer_name text) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    sub record;
    removed int4[];
begin
    select s.sub_id, s.sub_queue, s.sub_consumer, s.sub_batch
      into sub
      from pgq.subscription s
      join pgq.consumer c on c.co_id = s.sub_consumer
      join pgq.queue q on q.queue_id = s.sub_queue
     where q.queue_name = x_queue_name and c.co_name = x_consumer_name
       for update of s, c;
    if not found then
        return 0;
    end if;

    if pgq._is_subconsumer(sub.sub_queue, sub.sub_consumer) then
        if sub.sub_batch is not null then
            perform pgq.batch_retry(sub.sub_batch, 0);
        end if;
        delete from pgq.subscription where sub_queue = sub.sub_queue and sub_consumer = sub.sub_consumer;
        removed := array[sub.sub_consumer];
    else
        delete from pgq.retry_queue where ev_owner = sub.sub_id;
        with gone as (
            delete from pgq.subscription where sub_queue = sub.sub_queue and sub_id = sub.sub_id returning sub_consumer
        )
        select array_agg(sub_consumer) into removed from gone;
    end if;

    perform 1 from pgq.consumer where co_id = any (removed) order by co_id for update;
    delete from pgq.consumer c
     where c.co_id = any (removed)
       and not exists (select 1 from pgq.subscription s where s.sub_consumer = c.co_id);
    return cardinality(removed);
end;
$$;
