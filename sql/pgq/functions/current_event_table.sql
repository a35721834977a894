-- Returns the name of the table that takes a queue's inserts, for INSERT or COPY by the caller in this transaction. PQ001 for an
-- unknown queue or NULL, PQ005 for a disabled one (not under session_replication_role = replica). Gives the transaction its id
-- first, and locks as pgq.insert_event_raw does, so that a rotation before the COPY loses nothing. Departure: SECURITY DEFINER,
-- because a writer may not lock the queue row.
-- Grant: pgq_writer
create or replace function pgq.current_event_table(x_queue_name text) returns text
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    q record;
begin
    perform txid_current();
    if current_setting('transaction_isolation') in ('read committed', 'read uncommitted') then
        select queue_data_pfx || '_' || queue_cur_table as leaf, queue_disable_insert into q
          from pgq.queue where queue_name = x_queue_name;
    else
        select queue_data_pfx || '_' || queue_cur_table as leaf, queue_disable_insert into q
          from pgq.queue where queue_name = x_queue_name for key share;
    end if;
    if not found then
        raise exception 'Event queue not found' using errcode = 'PQ001', column = 'queue';
    end if;
    if q.queue_disable_insert and current_setting('session_replication_role') <> 'replica' then
        raise exception 'Writing to queue disabled' using errcode = 'PQ005';
    end if;
    return q.leaf;
end;
$$;
