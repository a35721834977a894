-- Makes a tick where a committed event is in none, however young the newest one is; returns its id, or NULL. It leaves a queue's first
-- tick to PgQ, and a queue that another transaction ticks to that one. The lock is taken in a statement before the one with the
-- tick's snapshot, as in tick.
-- Grant: pgq_admin
create or replace function pgq_gateway._tick_early(i_queue_id int4)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    newest bigint;
    event_seq bigint;
    made bigint;
begin
    perform pgq_gateway._check_tick_transaction();
    if not pg_try_advisory_xact_lock(pgq_gateway._tick_lock_class(), i_queue_id) then
        return null;
    end if;
    select max(t.tick_id) into newest from pgq.tick t where t.tick_queue = i_queue_id;
    if newest is null or not pgq_gateway._has_unticked_events(i_queue_id) then
        return null;
    end if;
    -- Read before the snapshot, as PgQ does: an event that is counted may be in no tick yet, but one in a tick is never counted anew.
    select pg_sequence_last_value(q.queue_event_seq::regclass), nextval(q.queue_tick_seq::regclass) into event_seq, made
      from pgq.queue q where q.queue_id = i_queue_id;
    -- The sequence is behind, as after a dump was restored: pgq.ticker says so.
    if made <= newest then
        return null;
    end if;
    insert into pgq.tick (tick_queue, tick_id, tick_snapshot, tick_event_seq)
    values (i_queue_id, made, pgq_gateway._open_snapshot(), event_seq);
    return made;
end $$;
