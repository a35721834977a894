-- Removes a member from its group. Returns 1, or 0 where there is none. Locks the main consumer's subscription, then the member's, FOR UPDATE.
-- PQ010 where the member holds a batch, unless i_batch_handling is 1, "close"; PQ012 where the name is no member of this group.
-- Departures: closing puts the batch's events into the group's retry queue, due at once, so another member gets them (upstream
-- drops them); the consumer row goes with its last subscription.
-- Grant: pgq_reader
create or replace function pgq_coop.unregister_subconsumer(i_queue_name text, i_consumer_name text, i_subconsumer_name text,
    i_batch_handling integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    member_name text := i_consumer_name || '.' || i_subconsumer_name;
    main pgq.subscription;
    member pgq.subscription;
begin
    main := pgq_coop._lock_group(i_queue_name, i_consumer_name);
    select s.* into member
      from pgq.subscription s
     where s.sub_queue = (select q.queue_id from pgq.queue q where q.queue_name = i_queue_name)
       and s.sub_consumer = (select c.co_id from pgq.consumer c where c.co_name = member_name)
       for update of s;
    if not found then
        return 0;
    end if;
    if main.sub_id is distinct from member.sub_id then
        raise exception 'consumer "%" exists and is not a subconsumer of "%"', member_name, i_consumer_name
            using errcode = 'PQ012', column = 'subconsumer';
    end if;
    if member.sub_batch is not null then
        if i_batch_handling is distinct from 1 then
            raise exception 'subconsumer has active batch' using errcode = 'PQ010';
        end if;
        perform pgq.batch_retry(member.sub_batch, 0);
    end if;

    delete from pgq.subscription where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer;
    perform 1 from pgq.consumer where co_id = member.sub_consumer for update;
    delete from pgq.consumer c
     where c.co_id = member.sub_consumer
       and not exists (select 1 from pgq.subscription s where s.sub_consumer = c.co_id);
    return 1;
end;
$$;
