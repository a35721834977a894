-- Refuses (PQ012) the name of a consumer that is, on this queue, the full name of a group's member: who may act as the
-- consumer of that name may not for that reason act on the group.
-- Grant: nobody
create or replace function pgq_gateway._refuse_member(i_queue text, i_consumer text)
returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    -- A member's full name has a dot.
    if position('.' in i_consumer) > 0
       and exists (select from pgq_gateway.consumer_info c
                    where c.queue_id = (select q.queue_id from pgq.queue q where q.queue_name = i_queue)
                      and c.consumer_id = (select n.co_id from pgq.consumer n where n.co_name = i_consumer)
                      and c.main_name is not null) then
        raise exception 'Consumer % is a member of a cooperative consumer; name that one, and the member as subconsumer',
                pgq_gateway._shown(i_consumer)
            using errcode = 'PQ012', column = 'consumer';
    end if;
end $$;
