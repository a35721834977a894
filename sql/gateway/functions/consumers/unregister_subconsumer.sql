-- Unregisters a member. False when there is none: a plain consumer of its full name is none. If it holds a batch:
--   FAIL          PQ010
--   RETRY_EVENTS  its events go to the retry queue and reach the group again
--   DISCARD       its events are dropped
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.unregister_subconsumer(
    i_queue text, i_consumer text, i_subconsumer text, i_batch_handling text)
returns bool
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    at_queue int4 := pgq_gateway._queue_id(i_queue);
    group_id int4;
    member record;
begin
    -- Every cooperative function locks the main row first, then the member's.
    select s.sub_id into group_id
      from pgq.subscription s join pgq.consumer c on c.co_id = s.sub_consumer
     where s.sub_queue = at_queue and c.co_name = i_consumer
       for update of s;
    select s.sub_consumer, s.sub_batch into member
      from pgq.subscription s join pgq.consumer c on c.co_id = s.sub_consumer
     where s.sub_queue = at_queue and c.co_name = i_consumer || '.' || i_subconsumer and s.sub_id = group_id
       for update of s;
    if not found then
        return false;
    end if;
    if member.sub_batch is not null then
        if i_batch_handling = 'FAIL' then
            raise exception 'Subconsumer % has batch % open; finish it, or choose another batchHandling',
                    pgq_gateway._shown(i_subconsumer), member.sub_batch
                using errcode = 'PQ010', column = 'batchHandling';
        elsif i_batch_handling = 'RETRY_EVENTS' then
            perform pgq.batch_retry(member.sub_batch, 0);
        end if;
    end if;
    delete from pgq_gateway.lease l where l.queue_id = at_queue and l.consumer_id = member.sub_consumer;
    delete from pgq_gateway.stream t where t.queue_id = at_queue and t.consumer_id = member.sub_consumer;
    perform pgq_gateway._drop_ended_parts();
    return pgq_coop.unregister_subconsumer(i_queue, i_consumer, i_subconsumer, 1) = 1;
end $$;
