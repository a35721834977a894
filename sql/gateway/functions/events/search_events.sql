-- Finds events that belong to every consumer in some blocks of an event table, from i_first_block on, before the place
-- i_before: those written last come first, at most i_limit. A condition that is NULL is none. i_extras are the wanted ev_extra1
-- to ev_extra4. i_parts are texts that ev_data must have to meet the JSON condition, unless it has escaped characters.
--
-- A last row that is not `is_found` is the first event of these blocks, which says how far back they reach. There are no rows
-- when rotation has emptied the table: i_filenode is that of log_tables.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.search_events(
    i_queue_id int4, i_table_number int4, i_filenode oid, i_first_block bigint, i_before tid, i_limit int4,
    i_event_id bigint, i_from timestamptz, i_to timestamptz, i_types text[], i_extras text[],
    i_text text, i_parts text[], i_path text[], i_equals jsonb)
returns table (
    is_found bool, place tid, ev_id bigint, ev_time timestamptz, ev_txid bigint, ev_retry int4, ev_type text, ev_data text,
    ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    event_table regclass;
    end_block bigint := (i_before::text::point)[0] + 1;
begin
    perform pgq_gateway._check_parts(i_queue_id);
    select q.queue_data_pfx || '_' || i_table_number into event_table from pgq.queue q where q.queue_id = i_queue_id;
    if pg_relation_filenode(event_table) is distinct from i_filenode then
        return;
    end if;
    return query execute format(
        'select true, ctid, %s from %s where %s and ctid < %L and %s order by ctid desc limit $1',
        pgq_gateway._event_columns(), event_table, pgq_gateway._block_condition(i_first_block, end_block), i_before,
        concat_ws(' and ', 'ev_owner is null',
            case when i_event_id is not null then 'ev_id = $2' end,
            case when i_from is not null then 'ev_time >= $3' end,
            case when i_to is not null then 'ev_time <= $4' end,
            case when i_types is not null then 'ev_type = any ($5)' end,
            (select string_agg(format('ev_extra%s = %L', number, wanted), ' and ')
               from unnest(i_extras) with ordinality extra (wanted, number)
              where wanted is not null),
            case when i_text is not null then 'strpos(ev_data, $6) > 0' end,
            (select format('(%s or strpos(ev_data, chr(92) || ''u'') > 0)', string_agg(format('strpos(ev_data, %L) > 0', part), ' and '))
               from unnest(i_parts) part
             having count(*) > 0),
            case when i_path is not null then 'pgq_gateway._json_at(ev_data, $7) = $8' end))
      using i_limit, i_event_id, i_from, i_to, i_types, i_text, i_path, i_equals;
    return query execute format(
        'select false, ctid, ev_id, ev_time, ev_txid, ev_retry, null, null, null, null, null, null'
        '  from %s where %s and ev_owner is null order by ctid limit 1',
        event_table, pgq_gateway._block_condition(i_first_block, i_first_block + 1));
end $$;
