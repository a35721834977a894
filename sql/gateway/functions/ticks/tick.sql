-- Makes a tick where PgQ's rules want one, and always with i_force. Returns the tick's id, or NULL when none was due.
-- i_force moves the event sequence by one, or as far as pgq.force_tick does when the last tick is younger than the
-- queue's max lag. PQ001, PQ006, PQ007 as in _tickable_queue_id, PQ012 as in _check_tick_transaction,
-- PQ018 as in _check_numbering.
--
-- Only one ticker at a time works on a queue: the advisory lock (_tick_lock_class, queue_id) is held to the end of
-- the transaction and taken before the statement that takes the tick's snapshot, so a higher tick id never has an
-- older snapshot. That holds between callers of this schema and, on this project's engine, for pgq.ticker too.
-- Grant: pgq_admin
create or replace function pgq_gateway.tick(i_queue text, i_force bool default false)
returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    id int4;
begin
    perform pgq_gateway._check_tick_transaction();
    id := pgq_gateway._tickable_queue_id(i_queue);
    perform pg_advisory_xact_lock(pgq_gateway._tick_lock_class(), id);
    perform pgq_gateway._check_numbering(id);
    return pgq_gateway._tick_locked(i_queue, id, i_force);
end $$;
