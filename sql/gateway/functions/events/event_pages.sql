-- Tells where the pages of a large batch, or of a range of ticks (i_batch_id null), lie in the event tables, so that each can
-- be read without looking at the others: for each page of i_size events, in the order of ids, the last id, and per table the
-- first and the last tid of its rows there. Event tables only grow until rotation empties them, so this stays true as long
-- as the events are there, and rows lie nearly in the order of their ids. The call sorts the whole batch once.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.event_pages(
    i_batch_id bigint, i_queue_id int4, i_from_tick bigint, i_to_tick bigint, i_size int4)
returns table (last_id bigint, table_number int4, first_tid tid, last_tid tid)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    bounds record := pgq_gateway._event_range(i_batch_id, i_queue_id, i_from_tick, i_to_tick);
begin
    return query execute format(
        'select max(max(ev_id)) over (partition by page), table_number, min(tid), max(tid)'
        -- Events that share an id, as a retry and its original do, have one rank and go into one page.
        '  from (select ev_id, table_number, tid, (rank() over (order by ev_id) - 1) / $1 as page from (%s) e) e'
        ' group by page, table_number'
        ' order by page, table_number',
        pgq_gateway._event_sql(bounds.queue_id, bounds.from_snapshot, bounds.to_snapshot, bounds.sub_id))
      using i_size;
    -- Rotation empties tables while they are read.
    perform pgq_gateway._event_range(i_batch_id, i_queue_id, i_from_tick, i_to_tick);
end $$;
