-- Begins a change of a queue's types: returns the queue's id and gives its types a new revision, so that callers who
-- know the old types are told at the next insert. Changes of one queue follow one another: the lock on its row of
-- event_registry is held until the transaction ends, and so is one that keeps the queue from being dropped. Inserts
-- wait for neither. PQ001.
-- Grant: nobody
create or replace function pgq_gateway._lock_event_types(i_queue text)
returns int4
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    locked_id int4;
begin
    perform pgq_gateway._lock_queue(i_queue);
    locked_id := pgq_gateway._queue_id(i_queue);
    insert into pgq_gateway.event_registry (queue_id, revision)
    values (locked_id, nextval('pgq_gateway.event_registry_revision'))
        on conflict (queue_id) do update set revision = excluded.revision;
    return locked_id;
end $$;
