-- Inserts one event as given and returns its id; a NULL id takes the next one, a NULL time is now().
-- PQ012 for a NULL queue, PQ001 unknown queue, PQ005 disabled queue (not under session_replication_role = replica),
-- PQ014 where queue_per_tx_limit is exceeded.
--
-- The transaction gets its id before the queue row is read, in a statement of its own: so a transaction id above
-- queue_switch_step2 proves that this transaction saw the new current table. Under REPEATABLE READ and SERIALIZABLE the row may
-- be older than that, so there it is locked FOR KEY SHARE: 40001 if a rotation came between, and no rotation until commit.
-- Departure: events that a savepoint rolled back do not count for queue_per_tx_limit.
create or replace function pgq.insert_event_raw(queue_name text, ev_id bigint, ev_time timestamptz, ev_owner integer, ev_retry integer,
    ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text) returns bigint
language plpgsql as $$
#variable_conflict use_column
declare
    txid bigint;
    new_id bigint;
    q record;
    counter text;
    inserted integer;
begin
    txid := pg_catalog.txid_current();
    if pg_catalog.current_setting('transaction_isolation') in ('read committed', 'read uncommitted') then
        select queue_data_pfx, queue_cur_table, queue_id, queue_disable_insert, queue_per_tx_limit,
               pg_catalog.nextval(queue_event_seq::pg_catalog.regclass) as next_id
          into q
          from pgq.queue where queue.queue_name = $1;
    else
        select queue_data_pfx, queue_cur_table, queue_id, queue_disable_insert, queue_per_tx_limit,
               pg_catalog.nextval(queue_event_seq::pg_catalog.regclass) as next_id
          into q
          from pgq.queue where queue.queue_name = $1 for key share;
    end if;
    if not found then
        if $1 is null then
            raise exception 'Queue name must not be NULL' using errcode = 'PQ012', hint = 'input.queue';
        end if;
        raise exception 'No such queue' using errcode = 'PQ001', hint = 'input.queue';
    end if;
    if q.queue_disable_insert and pg_catalog.current_setting('session_replication_role') <> 'replica' then
        raise exception 'Insert into queue disallowed' using errcode = 'PQ005';
    end if;
    if q.queue_per_tx_limit >= 0 then
        counter := 'pgq.tx_events_' || q.queue_id;
        inserted := coalesce(nullif(pg_catalog.current_setting(counter, true), ''), '0')::integer;
        if inserted >= q.queue_per_tx_limit then
            raise exception 'Queue ''%'' allows max % events from one TX', $1, q.queue_per_tx_limit using errcode = 'PQ014';
        end if;
        perform pg_catalog.set_config(counter, (inserted + 1)::text, true);
    end if;

    new_id := coalesce($2, q.next_id);
    -- The statement is planned at every call; the short one, for most events, saves a tenth of the whole.
    if coalesce($4, $5) is null and coalesce($8, $9, $10, $11) is null then
        execute 'insert into ' || q.queue_data_pfx || '_' || q.queue_cur_table
            || ' (ev_id, ev_time, ev_txid, ev_type, ev_data) values ($1, $2, $3, $4, $5)'
          using new_id, coalesce($3, pg_catalog.now()), txid, $6, $7;
    else
        execute 'insert into ' || q.queue_data_pfx || '_' || q.queue_cur_table
            || ' (ev_id, ev_time, ev_txid, ev_owner, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)'
            || ' values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)'
          using new_id, coalesce($3, pg_catalog.now()), txid, $4, $5, $6, $7, $8, $9, $10, $11;
    end if;
    return new_id;
end;
$$;
