-- Returns the main consumer's subscription, locked FOR UPDATE: the one order of locks in a group is main first, then members. All
-- NULL where there is none. PQ012 where the name belongs to a member of another group, which cannot have members itself.
-- Grant: nobody
create or replace function pgq_coop._lock_group(i_queue_name text, i_consumer_name text) returns pgq.subscription
language plpgsql as $$
declare
    main pgq.subscription;
begin
    select s.* into main
      from pgq.subscription s
     where s.sub_queue = (select q.queue_id from pgq.queue q where q.queue_name = i_queue_name)
       and s.sub_consumer = (select c.co_id from pgq.consumer c where c.co_name = i_consumer_name)
       for update of s;
    if found and pgq_coop._is_subconsumer(main.sub_queue, main.sub_consumer) then
        raise exception 'consumer "%" is a subconsumer itself', i_consumer_name using errcode = 'PQ012', column = 'consumer';
    end if;
    return main;
end;
$$;
