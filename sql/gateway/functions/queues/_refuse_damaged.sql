-- Refuses (PQ005) to publish to a queue that has lost a table or a sequence, and names it. PQ001 for a queue that is gone, which
-- a statement that began before still sees. Locks the queue row.
-- Grant: nobody
create or replace function pgq_gateway._refuse_damaged(i_queue text)
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    lost text;
begin
    perform from pgq.queue q where q.queue_name = i_queue for key share;
    perform pgq_gateway._queue_id(i_queue);
    select d.missing into lost from pgq_gateway.damaged_queues() d where d.queue_name = i_queue;
    if found then
        raise exception 'Queue % is damaged and takes no events; restore what is missing (%), or drop the queue with dropQueue',
                pgq_gateway._shown(i_queue), lost
            using errcode = 'PQ005', column = 'queue';
    end if;
end $$;
