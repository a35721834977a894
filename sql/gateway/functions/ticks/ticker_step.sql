-- Does the built-in ticker's work on some queues in one transaction: makes a tick where PgQ's rules want one, and
-- returns for each its id (NULL for none) and the queue's row of ticker_state as it is then; snapshot, however, is
-- from before the tick. Several queues at once save commits; an error of one queue undoes the ticks of all.
-- i_only_for_events leaves idle queues as they are, and ticks only for committed events that no tick has. The call
-- never waits for another ticker: while one is at a queue, no tick is made there. i_gateway is the gateway that steps:
-- PQ019 when it does not lead any more; NULL is anybody. PQ001, PQ006, PQ007, PQ012, PQ018 as in tick.
-- Grant: pgq_admin
create or replace function pgq_gateway.ticker_step(i_queues text[], i_only_for_events bool, i_gateway int4 default null)
returns table (
    made_tick_id bigint, queue_id int4, queue_name text, is_external bool, is_paused bool, max_count int4,
    max_lag_ms float8, idle_period_ms float8, event_seq bigint, tick_id bigint, tick_event_seq bigint,
    tick_age_ms float8, previous_gap_ms float8, row_version text, snapshot text)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    seen text := txid_current_snapshot();
    made bigint[] := '{}';
    id int4;
begin
    perform pgq_gateway._check_tick_transaction();
    perform pgq_gateway._check_leader(i_gateway);
    for n in 1 .. cardinality(i_queues) loop
        id := pgq_gateway._tickable_queue_id(i_queues[n]);
        perform pgq_gateway._check_numbering(id);
        if pg_try_advisory_xact_lock(pgq_gateway._tick_lock_class(), id)
           and (not i_only_for_events
                or exists (select from pgq_gateway.ticker_state(array[i_queues[n]]) s where s.event_seq > s.tick_event_seq)
                or pgq_gateway._has_unticked_events(id)) then
            made[n] := pgq_gateway._tick_locked(i_queues[n], id, false);
        end if;
    end loop;
    return query
    select made[array_position(i_queues, s.queue_name)], s.queue_id, s.queue_name, s.is_external, s.is_paused,
           s.max_count, s.max_lag_ms, s.idle_period_ms, s.event_seq, s.tick_id, s.tick_event_seq, s.tick_age_ms,
           s.previous_gap_ms, s.row_version, seen
      from pgq_gateway.ticker_state(i_queues) s;
end $$;
