-- Ticks one queue if it is due: returns the new tick's id, or NULL.
-- PQ001 unknown queue or NULL, PQ007 external ticker, PQ006 paused, PQ016 where transaction ids went backwards.
-- Grant: pgq_admin
create or replace function pgq.ticker(i_queue_name text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    q record;
begin
    select queue_id, queue_external_ticker, queue_ticker_paused into q from pgq.queue where queue_name = i_queue_name;
    if not found then
        raise exception 'no such queue' using errcode = 'PQ001', column = 'queue';
    end if;
    if q.queue_external_ticker then
        raise exception 'This queue has external tick source.' using errcode = 'PQ007';
    end if;
    if q.queue_ticker_paused then
        raise exception 'Ticker has been paused for this queue' using errcode = 'PQ006';
    end if;
    return pgq._tick_queue(q.queue_id, true);
end;
$$;

-- Ticks every queue that is due, by name, but for external and paused ones; returns how many ticked. One transaction does it all.
-- Departure: a queue in a bad state is skipped with a warning, where upstream fails for all.
create or replace function pgq.ticker() returns bigint
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    plan record;
    ticked bigint := 0;
begin
    for plan in select queue_id from pgq._ticker_plan() where is_ticking and (is_due or may_owe) order by queue_name loop
        if pgq._tick_queue(plan.queue_id, false) is not null then
            ticked := ticked + 1;
        end if;
    end loop;
    return ticked;
end;
$$;

-- Stores a tick that was made elsewhere, with the local snapshot, and raises both sequences to it; returns its id.
-- PQ001, PQ006 or PQ012 (one text) where the queue is unknown, paused or not external; 23505 for the newest tick's id, 23502 for NULL.
-- Departure: an id below the newest, or a lower event sequence, is refused with PQ012; so is a snapshot older than the newest tick's.
-- Waits for another tick of the queue to commit.
create or replace function pgq.ticker(i_queue_name text, i_tick_id bigint, i_orig_timestamp timestamptz, i_event_seq bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    q pgq.queue%rowtype;
    newest record;
    snap txid_snapshot;
begin
    select * into q from pgq.queue where queue_name = i_queue_name;
    if not found or not q.queue_external_ticker or q.queue_ticker_paused then
        raise exception 'queue not found or ticker disabled: %', i_queue_name
            using errcode = case when q.queue_id is null then 'PQ001' when q.queue_ticker_paused then 'PQ006' else 'PQ012' end;
    end if;
    perform pg_advisory_xact_lock(pgq._tick_lock_class(), q.queue_id);

    select tick_id, tick_event_seq, tick_snapshot into newest
      from pgq.tick where tick_queue = q.queue_id order by tick_id desc limit 1;
    snap := pgq._tick_snapshot();
    if i_tick_id < newest.tick_id then
        raise exception 'tick % of queue % is not above the newest, %', i_tick_id, i_queue_name, newest.tick_id using errcode = 'PQ012';
    end if;
    if i_event_seq < newest.tick_event_seq then
        raise exception 'event sequence % of queue % is below that of the newest tick, %', i_event_seq, i_queue_name, newest.tick_event_seq
            using errcode = 'PQ012';
    end if;
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted')
       and coalesce(pg_sequence_last_value(q.queue_tick_seq::regclass), 0) > coalesce(newest.tick_id, 0) then
        raise exception 'the snapshot of this transaction may be older than the newest tick of queue %', i_queue_name using errcode = '40001';
    end if;

    insert into pgq.tick (tick_queue, tick_id, tick_time, tick_snapshot, tick_event_seq)
    values (q.queue_id, i_tick_id, i_orig_timestamp, snap, i_event_seq);
    perform pgq.seq_setval(q.queue_tick_seq, i_tick_id);
    perform pgq.seq_setval(q.queue_event_seq, i_event_seq);
    return i_tick_id;
end;
$$;
