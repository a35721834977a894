-- Inserts one event as given and returns its id; a NULL id takes the next one, a NULL time is now().
-- PQ012 for a NULL queue, PQ001 unknown queue, PQ005 and PQ014 as in pgq._admit_event.
--
-- The transaction gets its id before the queue row is read, in a statement of its own: so a transaction id above
-- queue_switch_step2 proves that this transaction saw the new current table. Under REPEATABLE READ and SERIALIZABLE the row may
-- be older than that, so there it is locked FOR KEY SHARE: 40001 if a rotation came between, and no rotation until commit.
--
-- PL/pgSQL plans the insert anew at every call, because its table changes; values in the order of pgq.event_template are the
-- shortest to plan.
-- Grant: pgq_admin
create or replace function pgq.insert_event_raw(queue_name text, ev_id bigint, ev_time timestamptz, ev_owner integer, ev_retry integer,
    ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    txid bigint := pg_catalog.txid_current();
    leaf text;
    new_id bigint;
    is_restricted boolean;
begin
    if pg_catalog.current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        perform 1 from pgq.queue where queue.queue_name = $1 for key share;
    end if;
    select queue_data_pfx || '_' || queue_cur_table, pg_catalog.nextval(queue_event_seq::pg_catalog.regclass),
           queue_disable_insert or queue_per_tx_limit >= 0
      into leaf, new_id, is_restricted
      from pgq.queue where queue.queue_name = $1;
    if not found then
        raise exception '%', case when $1 is null then 'Queue name must not be NULL' else 'No such queue' end
            using errcode = case when $1 is null then 'PQ012' else 'PQ001' end, column = 'queue';
    end if;
    if is_restricted then
        perform pgq._admit_event($1);
    end if;
    new_id := coalesce($2, new_id);
    execute 'insert into ' || leaf || ' values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)'
      using new_id, coalesce($3, pg_catalog.now()), txid, $4, $5, $6, $7, $8, $9, $10, $11;
    return new_id;
end;
$$;
