-- Returns the id of a queue that can be ticked. PQ001 for no such queue, PQ006 for a paused one, PQ007 for an
-- external ticker, PQ005 as in _check_parts.
-- Grant: pgq_admin
create or replace function pgq_gateway._tickable_queue_id(i_queue text)
returns int4
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    queue pgq.queue;
begin
    select * into queue from pgq.queue q where q.queue_id = pgq_gateway._queue_id(i_queue);
    perform pgq_gateway._check_parts(queue.queue_id);
    if queue.queue_external_ticker then
        raise exception 'This queue has external tick source.' using errcode = 'PQ007';
    end if;
    if queue.queue_ticker_paused then
        raise exception 'Ticker has been paused for this queue' using errcode = 'PQ006';
    end if;
    return queue.queue_id;
end $$;
