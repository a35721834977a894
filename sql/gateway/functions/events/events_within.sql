-- Reads the events of a batch or a range of ticks up to i_last_id that lie in the given places, which are those of
-- event_pages; see _select_events. PQ003, PQ013 when they are gone, also when that happens while they are read.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.events_within(
    i_batch_id bigint, i_queue_id int4, i_from_tick bigint, i_to_tick bigint,
    i_table_numbers int4[], i_first_tids tid[], i_last_tids tid[], i_last_id bigint,
    i_selection pgq_gateway.event_selection)
returns setof pgq_gateway.event
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    bounds record := pgq_gateway._event_range(i_batch_id, i_queue_id, i_from_tick, i_to_tick);
    places text;
begin
    select string_agg(format('(table_number = %s and tid between %L and %L %s)', p.table_number, p.first_tid, p.last_tid,
                             -- PostgreSQL 13 cannot scan a range of tids, but it can scan a list: every tid that may be there.
                             case when current_setting('server_version_num')::int4 < 140000 then
                                 format('and tid = any (array(select format(''(%%s,%%s)'', block, line)::tid'
                                        '  from generate_series(%s, %s) block, generate_series(1, %s) line))',
                                        (p.first_tid::text::point)[0], (p.last_tid::text::point)[0],
                                        current_setting('block_size')::int4 / 28)
                             end), ' or ')
      into places
      from unnest(i_table_numbers, i_first_tids, i_last_tids) p (table_number, first_tid, last_tid);
    return query
    select * from pgq_gateway._select_events(
        format('select * from (%s) e where ev_id <= %s and (%s)',
               pgq_gateway._event_sql(bounds.queue_id, bounds.from_snapshot, bounds.to_snapshot, bounds.sub_id),
               i_last_id, coalesce(places, 'false')),
        i_selection);
    perform pgq_gateway._event_range(i_batch_id, i_queue_id, i_from_tick, i_to_tick);
end $$;
