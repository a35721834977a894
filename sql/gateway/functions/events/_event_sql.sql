-- Gives the SQL text that reads the events between two ticks of a queue which belong to every consumer: those visible in
-- the later tick's snapshot and not in the earlier one's. A retry belongs to one consumer; those of i_sub_id are included.
-- Each row also has its place: the number of its table, and its tid there.
--
-- Transactions that were in progress at the earlier tick are matched one by one, unless they lie so close below the
-- range of the others that widening it is cheaper; a scan from the oldest of them would read the whole table when one
-- transaction has been open for long. The current and the previous event table hold all of it as long as the earlier
-- tick is in the log: rotation deletes the ticks that need more.
-- Grant: nobody
create or replace function pgq_gateway._event_sql(
    i_queue_id int4, i_from txid_snapshot, i_to txid_snapshot, i_sub_id int4 default null)
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    q pgq.queue;
    range_start bigint := txid_snapshot_xmax(i_from);
    singles bigint[] := '{}';
    xid bigint;
    condition text;
begin
    for xid in select x from txid_snapshot_xip(i_from) x order by x desc loop
        if xid >= range_start - 100 then
            range_start := xid;
        elsif txid_visible_in_snapshot(xid, i_to) then
            singles := singles || xid;
        end if;
    end loop;
    perform pgq_gateway._check_parts(i_queue_id);
    select * into q from pgq.queue where queue_id = i_queue_id;
    return (
        select string_agg(format(
                   'select %s, %s as table_number, ctid as tid from %s where %s and %s',
                   pgq_gateway._event_columns(), table_number, q.queue_data_pfx || '_' || table_number,
                   case when i_sub_id is null then 'ev_owner is null'
                        else format('(ev_owner is null or ev_owner = %s)', i_sub_id) end,
                   matches.condition), ' union all ')
          from (values (q.queue_cur_table),
                       ((q.queue_cur_table + q.queue_ntables - 1) % q.queue_ntables)) tables (table_number)
         cross join lateral (
               select format('ev_txid >= %s and ev_txid < %s and txid_visible_in_snapshot(ev_txid, %L)'
                             ' and not txid_visible_in_snapshot(ev_txid, %L)',
                             range_start, txid_snapshot_xmax(i_to), i_to, i_from) as condition
               union all
               select format('ev_txid = any (%L::bigint[])', singles) where singles <> '{}') matches);
end $$;
