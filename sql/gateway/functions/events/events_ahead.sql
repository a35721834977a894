-- Reads the first events of what its consumer is owed after this open batch, up to the tick i_to_tick, its retries included;
-- see _select_events. The batch that ends there has these events if the transaction that settles this one opens it.
-- PQ003 when the batch is not open, PQ013 when the log does not hold the ticks.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.events_ahead(
    i_batch_id bigint, i_to_tick bigint, i_selection pgq_gateway.event_selection)
returns setof pgq_gateway.event
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    batch record := pgq_gateway._event_range(i_batch_id, null, null, null);
    bounds record;
begin
    select range.* into bounds
      from pgq.subscription s
     cross join pgq_gateway._event_range(null, s.sub_queue, s.sub_next_tick, i_to_tick) range
     where s.sub_batch = i_batch_id;
    return query
    select * from pgq_gateway._select_events(
        pgq_gateway._event_sql(bounds.queue_id, bounds.from_snapshot, bounds.to_snapshot, batch.sub_id), i_selection);
end $$;
