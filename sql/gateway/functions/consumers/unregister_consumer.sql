-- Unregisters a consumer, with its members if it is cooperative, and drops its retries. Returns how many
-- subscriptions went: 0 when there was none. Dead letters stay. PQ001 for an unknown queue. PQ010 when the consumer
-- has members and one of them, or it itself, holds a batch: the group would lose its events. PQ012 for the full name of a
-- group's member, which unregister_subconsumer takes.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.unregister_consumer(i_queue text, i_consumer text)
returns int4
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    at_queue int4 := pgq_gateway._queue_id(i_queue);
    active text;
    gone int4;
begin
    perform pgq_gateway._refuse_member(i_queue, i_consumer);
    select c.consumer_name into active
      from pgq_gateway.consumer_info c
     where c.queue_id = at_queue
       and c.current_batch is not null
       and (c.main_name = i_consumer
            or c.consumer_name = i_consumer
               and exists (select from pgq_gateway.consumer_info m
                            where m.queue_id = at_queue and m.main_name = i_consumer))
     limit 1;
    if active is not null then
        raise exception 'Cooperative consumer % has a batch open; finish it first, or unregister the member with unregisterSubconsumer',
                pgq_gateway._shown(active)
            using errcode = 'PQ010', column = 'consumer';
    end if;
    gone := pgq.unregister_consumer(i_queue, i_consumer);
    delete from pgq_gateway.lease l
     where l.queue_id = at_queue
       and not exists (select from pgq.subscription s where s.sub_queue = at_queue and s.sub_consumer = l.consumer_id);
    delete from pgq_gateway.stream t
     where t.queue_id = at_queue
       and not exists (select from pgq.subscription s where s.sub_queue = at_queue and s.sub_consumer = t.consumer_id);
    perform pgq_gateway._drop_ended_parts();
    return gone;
end $$;
