-- Returns the SQL text that reads a batch's events, ordered by ev_id. PQ003 for an unknown batch or NULL, or where a tick is
-- missing.
--
-- With the start tick's snapshot (xmin_a, xmax_a, xip_a) and the end tick's (xmin_b, xmax_b, xip_b) the batch is what
-- transactions wrote that are in [xmax_a, xmax_b) or in xip_a, and not in xip_b. Each group is one scan of the ev_txid index;
-- scanning from xmin_a instead would read everything behind one old open transaction.
-- Grant: pgq_reader
create or replace function pgq.batch_event_sql(x_batch_id bigint) returns text
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    b record;
    ended bigint[];
    active bigint[];
    txids text;
    event_table text;
    condition text;
    conditions text[];
    branches text[] := '{}';
begin
    select s.sub_id, p.tick_snapshot as start_snapshot, n.tick_snapshot as end_snapshot,
           pg_catalog.txid_snapshot_xmax(p.tick_snapshot) as from_txid,
           pg_catalog.txid_snapshot_xmax(n.tick_snapshot) as to_txid
      into b
      from pgq.subscription s
      join pgq.tick p on p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
      join pgq.tick n on n.tick_queue = s.sub_queue and n.tick_id = s.sub_next_tick
     where s.sub_batch = x_batch_id;
    if not found then
        raise exception 'batch not found' using errcode = 'PQ003';
    end if;

    select pg_catalog.array_agg(x order by x) into ended
      from pg_catalog.txid_snapshot_xip(b.start_snapshot) x
     where pg_catalog.txid_visible_in_snapshot(x, b.end_snapshot);
    select pg_catalog.array_agg(x order by x) into active
      from pg_catalog.txid_snapshot_xip(b.end_snapshot) x
     where x >= b.from_txid;

    txids := pg_catalog.format('ev.ev_txid >= %s and ev.ev_txid < %s', b.from_txid, b.to_txid)
        || coalesce(' and ev.ev_txid <> all (' || pg_catalog.quote_literal(active) || '::bigint[])', '');
    conditions := pg_catalog.array_remove(array[txids, 'ev.ev_txid = any (' || pg_catalog.quote_literal(ended) || '::bigint[])'], null);
    for event_table in select t from pgq.batch_event_tables(x_batch_id) t loop
        foreach condition in array conditions loop
            branches := branches || pg_catalog.format(
                'select ev.ev_id, ev.ev_time, ev.ev_txid, ev.ev_retry, ev.ev_type, ev.ev_data,'
                ' ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4'
                ' from %s ev where %s and (ev.ev_owner is null or ev.ev_owner = %s)',
                pgq.quote_fqname(event_table), condition, b.sub_id);
        end loop;
    end loop;
    return pg_catalog.array_to_string(branches, ' union all ') || ' order by 1';
end;
$$;
