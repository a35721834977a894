-- Inserts an event with the transaction's start as its time; returns its id. Every payload argument may be NULL.
-- Errors are those of pgq.insert_event_raw.
-- Grant: pgq_writer
create or replace function pgq.insert_event(queue_name text, ev_type text, ev_data text) returns bigint
language sql as $$ select pgq.insert_event($1, $2, $3, null, null, null, null) $$;

-- Repeats the steps of pgq.insert_event_raw, which says why they are needed: a call of it would cost a tenth of the whole.
create or replace function pgq.insert_event(queue_name text, ev_type text, ev_data text,
    ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
#variable_conflict use_column
declare
    txid bigint := txid_current();
    leaf text;
    new_id bigint;
    is_restricted boolean;
begin
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        perform 1 from pgq.queue where queue.queue_name = $1 for key share;
    end if;
    select queue_data_pfx || '_' || queue_cur_table, nextval(queue_event_seq::regclass), queue_disable_insert or queue_per_tx_limit >= 0
      into leaf, new_id, is_restricted
      from pgq.queue where queue.queue_name = $1;
    if not found then
        raise exception '%', case when $1 is null then 'Queue name must not be NULL' else 'No such queue' end
            using errcode = case when $1 is null then 'PQ012' else 'PQ001' end, column = 'queue';
    end if;
    if is_restricted then
        perform pgq._admit_event($1);
    end if;
    execute 'insert into ' || leaf || ' values ($1, $2, $3, null, null, $4, $5, $6, $7, $8, $9)'
      using new_id, now(), txid, $2, $3, $4, $5, $6, $7;
    return new_id;
end;
$$;
