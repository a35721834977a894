-- Checks the conditions that few queues set for an event: PQ005 where inserts are disabled (not under session_replication_role =
-- replica), PQ014 where the transaction has inserted queue_per_tx_limit events. Counts the event. Departure: events that a
-- savepoint rolled back are not counted.
-- Grant: pgq_admin
create or replace function pgq._admit_event(i_queue_name text) returns void
language plpgsql as $$
declare
    q pgq.queue%rowtype;
    counter text;
    inserted integer;
begin
    select * into q from pgq.queue where queue_name = i_queue_name;
    if q.queue_disable_insert and pg_catalog.current_setting('session_replication_role') <> 'replica' then
        raise exception 'Insert into queue disallowed' using errcode = 'PQ005';
    end if;
    if q.queue_per_tx_limit >= 0 then
        counter := 'pgq.tx_events_' || q.queue_id;
        inserted := coalesce(nullif(pg_catalog.current_setting(counter, true), ''), '0')::integer;
        if inserted >= q.queue_per_tx_limit then
            raise exception 'Queue ''%'' allows max % events from one TX', i_queue_name, q.queue_per_tx_limit using errcode = 'PQ014';
        end if;
        perform pg_catalog.set_config(counter, (inserted + 1)::text, true);
    end if;
end;
$$;
