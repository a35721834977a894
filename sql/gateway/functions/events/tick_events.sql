-- Reads a page of the events between two ticks of a queue, for readers without a subscription; see _event_sql, _select_events.
-- The queue is given by id, so that one made anew under its name is not mistaken for it.
-- PQ013 when the log no longer reaches back to i_from_tick, also when that happens while it is read: a caller never gets a
-- part for the whole. That holds only where the call is a transaction of its own under READ COMMITTED.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.tick_events(
    i_queue_id int4, i_from_tick bigint, i_to_tick bigint, i_selection pgq_gateway.event_selection)
returns setof pgq_gateway.event
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    bounds record := pgq_gateway._event_range(null, i_queue_id, i_from_tick, i_to_tick);
begin
    return query
    select * from pgq_gateway._select_events(
        pgq_gateway._event_sql(i_queue_id, bounds.from_snapshot, bounds.to_snapshot), i_selection);
    -- Rotation empties tables while they are read.
    perform pgq_gateway._event_range(null, i_queue_id, i_from_tick, i_to_tick);
end $$;
