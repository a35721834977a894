-- The first events of what its consumer is owed after this open batch, up to the tick i_to_tick, with its retries; as _select_events
-- has them. For the batch that ends there, if it is opened by the transaction that settles this one.
-- PQ003 when the batch is not open, PQ013 when the log does not hold the ticks.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.events_ahead(
    i_batch_id bigint, i_to_tick bigint, i_limit bigint, i_types text[],
    i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text)
returns table (ev_id bigint, ev_time timestamptz, ev_txid bigint, ev_retry int4, ev_type text, ev_data text,
               ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
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
        pgq_gateway._event_sql(bounds.queue_id, bounds.from_snapshot, bounds.to_snapshot, batch.sub_id),
        null, i_limit, i_types, i_extra1, i_extra2, i_extra3, i_extra4);
end $$;
