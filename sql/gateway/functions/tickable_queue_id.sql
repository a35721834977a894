-- The id of a queue that this session may tick, for the functions that do.
-- PQ001 no such queue, PQ006 paused, PQ007 external ticker. PQ012 inside a transaction that has written or that keeps
-- its first snapshot: whether the transaction's own events belong to its tick would depend on other traffic, and an
-- old snapshot under a new tick id delivers events twice.
create or replace function pgq_gateway.tickable_queue_id(i_queue text)
returns int4
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    queue pgq.queue;
begin
    if txid_current_if_assigned() is not null
       or current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        raise exception 'A tick needs a READ COMMITTED transaction of its own' using errcode = 'PQ012';
    end if;
    select * into queue from pgq.queue q where q.queue_id = pgq_gateway.queue_id(i_queue);
    if queue.queue_external_ticker then
        raise exception 'This queue has external tick source.' using errcode = 'PQ007';
    end if;
    if queue.queue_ticker_paused then
        raise exception 'Ticker has been paused for this queue' using errcode = 'PQ006';
    end if;
    return queue.queue_id;
end $$;

revoke all on function pgq_gateway.tickable_queue_id(text) from public;
grant execute on function pgq_gateway.tickable_queue_id(text) to pgq_admin;
