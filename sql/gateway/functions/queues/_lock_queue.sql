-- Keeps a queue from being dropped until the transaction ends. PQ001 where there is none. The second attempt finds a
-- queue that was made anew, under the same name, while the first waited for the drop of the old one.
-- Grant: nobody
create or replace function pgq_gateway._lock_queue(i_queue text)
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    perform 1 from pgq.queue q where q.queue_name = i_queue for key share;
    if not found then
        perform 1 from pgq.queue q where q.queue_name = i_queue for key share;
    end if;
    if not found then
        perform pgq_gateway._queue_id(i_queue);
    end if;
end $$;
