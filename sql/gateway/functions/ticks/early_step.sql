-- Does the built-in ticker's work on a queue for whose next tick somebody waits: makes one for committed events that no tick has,
-- although PgQ's rules would let it wait for the queue's max lag. Returns a row as ticker_step does. PQ001, PQ006, PQ007, PQ012,
-- PQ018 and PQ019 as there.
-- Grant: pgq_admin
create or replace function pgq_gateway.early_step(i_queue text, i_gateway int4 default null)
returns table (
    made_tick_id bigint, queue_id int4, queue_name text, is_external bool, is_paused bool, max_count int4,
    max_lag_ms float8, idle_period_ms float8, event_seq bigint, tick_id bigint, tick_event_seq bigint,
    tick_age_ms float8, previous_gap_ms float8, row_version text, snapshot text)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    seen text := txid_current_snapshot();
    id int4;
    made bigint;
begin
    perform pgq_gateway._check_leader(i_gateway);
    id := pgq_gateway._tickable_queue_id(i_queue);
    perform pgq_gateway._check_numbering(id);
    made := pgq_gateway._tick_early(id);
    return query
    select made, s.queue_id, s.queue_name, s.is_external, s.is_paused, s.max_count, s.max_lag_ms, s.idle_period_ms, s.event_seq,
           s.tick_id, s.tick_event_seq, s.tick_age_ms, s.previous_gap_ms, s.row_version, seen
      from pgq_gateway.ticker_state(array[i_queue]) s;
end $$;
