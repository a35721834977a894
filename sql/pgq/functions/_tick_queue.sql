-- Ticks one queue if it is due; returns the tick's id or NULL. A queue that another transaction is ticking is left to that one.
-- With i_strict a state that cannot be ticked raises PQ016, or 23505 for a tick id that exists; otherwise it warns and gives NULL.
--
-- Snapshots must not be older than those of lower tick ids, so the queue's advisory lock (held until commit) is taken in a statement
-- before the one that takes the snapshot. Under REPEATABLE READ the snapshot is older than the lock: such a transaction only ticks
-- when it can see every tick id that was ever given out.
-- Grant: nobody
create or replace function pgq._tick_queue(i_queue_id int4, i_strict boolean) returns bigint
language plpgsql as $$
declare
    plan record;
    own bigint;
    new_id bigint;
begin
    if not pg_catalog.pg_try_advisory_xact_lock(pgq._tick_lock_class(), i_queue_id) then
        return null;
    end if;
    own := pg_catalog.txid_current();
    select * into plan from pgq._ticker_plan() where queue_id = i_queue_id;
    if not found then
        return null;
    end if;
    if plan.tick_seq is null then
        if i_strict then
            raise exception 'Invalid PgQ state: queue % has lost a sequence', plan.queue_name using errcode = 'PQ016';
        end if;
        raise warning 'queue % is not ticked: it has lost a sequence', plan.queue_name;
        return null;
    end if;

    if plan.last_tick_id is not null then
        -- Upstream looks at xmin alone. Where only xmax is ahead it would tick, and lose what the newest tick seems to cover.
        if pg_catalog.txid_snapshot_xmin(plan.last_snapshot) > own
           or pg_catalog.txid_snapshot_xmax(plan.last_snapshot) > pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) then
            if i_strict then
                raise exception 'Invalid PgQ state: old xmin=%, old xmax=%, cur txid=%', pg_catalog.txid_snapshot_xmin(plan.last_snapshot),
                    pg_catalog.txid_snapshot_xmax(plan.last_snapshot), own using errcode = 'PQ016';
            end if;
            raise warning 'queue % is not ticked: Invalid PgQ state: old xmin=%, old xmax=%, cur txid=%', plan.queue_name,
                pg_catalog.txid_snapshot_xmin(plan.last_snapshot), pg_catalog.txid_snapshot_xmax(plan.last_snapshot), own;
            return null;
        end if;
        if plan.event_seq < plan.last_event_seq then
            raise warning 'Negative new_events?  old=% cur=%', plan.last_event_seq, plan.event_seq;
        end if;
        if pg_catalog.txid_snapshot_xmax(plan.last_snapshot) > own then
            raise warning 'Dubious PgQ state: old xmax=%, cur txid=%', pg_catalog.txid_snapshot_xmax(plan.last_snapshot), own;
        end if;
    end if;
    if not plan.is_due and not (plan.may_owe and pgq._has_undelivered(i_queue_id, plan.last_snapshot)) then
        return null;
    end if;
    if pg_catalog.current_setting('transaction_isolation') not in ('read committed', 'read uncommitted')
       and coalesce(pg_catalog.pg_sequence_last_value(plan.tick_seq), 0) <> coalesce(plan.last_tick_id, 0) then
        raise warning 'queue % is not ticked: the snapshot of this transaction may be older than its newest tick', plan.queue_name;
        return null;
    end if;

    new_id := pg_catalog.nextval(plan.tick_seq);
    if new_id <= plan.last_tick_id and not i_strict then
        raise warning 'queue % is not ticked: its newest tick is %, its tick sequence gave %', plan.queue_name, plan.last_tick_id, new_id;
        return null;
    end if;
    insert into pgq.tick (tick_queue, tick_id, tick_snapshot, tick_event_seq)
    values (i_queue_id, new_id, pgq._tick_snapshot(), plan.event_seq);
    return new_id;
end;
$$;
