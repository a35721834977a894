-- Does the first step of a rotation, if the queue is due and no consumer needs the oldest table: truncates that table, makes it
-- the current one and deletes old ticks. Always returns 0. PQ016 when transaction ids went backwards or a consumer's tick is
-- missing. Locks the queue row FOR UPDATE and the table ACCESS EXCLUSIVE. Departures: a queue row that is locked, by a REPEATABLE
-- READ producer or by other maintenance, postpones the rotation; a rotation whose second step was forgotten gets it here.
-- Grant: pgq_admin
create or replace function pgq.maint_rotate_tables_step1(i_queue_name text) returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    had_txid boolean := pg_catalog.txid_current_if_assigned() is not null;
    own bigint;
    half_done_step1 bigint;
    q pgq.queue%rowtype;
    slowest record;
    next_table int4;
begin
    -- This reads before the transaction gets its id: a first step seen here was committed before that.
    select queue_switch_step1 into half_done_step1
      from pgq.queue where queue_name = i_queue_name and queue_switch_step2 is null;
    own := pg_catalog.txid_current();
    select * into q from pgq.queue where queue_name = i_queue_name for update skip locked;
    if not found then
        return 0;
    end if;
    if q.queue_switch_step1 > own then
        raise exception 'queue % maint failure: step1=%, current=%', i_queue_name, q.queue_switch_step1, own using errcode = 'PQ016';
    end if;
    if q.queue_switch_step2 is null then
        if not had_txid and q.queue_switch_step1 = half_done_step1 then
            update pgq.queue set queue_switch_step2 = own where queue_id = q.queue_id;
        end if;
        return 0;
    end if;
    if q.queue_rotation_period is null or not q.queue_switch_time + q.queue_rotation_period < current_timestamp then
        return 0;
    end if;

    select s.sub_last_tick, t.tick_snapshot into slowest
      from pgq.subscription s
      left join pgq.tick t on t.tick_queue = s.sub_queue and t.tick_id = s.sub_last_tick
     where s.sub_queue = q.queue_id and s.sub_last_tick is not null
     order by s.sub_last_tick limit 1;
    if found then
        if slowest.tick_snapshot is null then
            raise exception 'queue % maint failure: tick % not found', i_queue_name, slowest.sub_last_tick using errcode = 'PQ016';
        end if;
        -- Such a tick seems to be past every step, so a second rotation would truncate what its consumer has not read.
        if pg_catalog.txid_snapshot_xmax(slowest.tick_snapshot) > pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) then
            raise exception 'queue % maint failure: tick % xmax=%, current=%', i_queue_name, slowest.sub_last_tick,
                pg_catalog.txid_snapshot_xmax(slowest.tick_snapshot), own using errcode = 'PQ016';
        end if;
        if pg_catalog.txid_snapshot_xmin(slowest.tick_snapshot) <= q.queue_switch_step2 then
            return 0;
        end if;
    end if;

    next_table := (q.queue_cur_table + 1) % q.queue_ntables;
    begin
        execute 'lock table ' || pgq.quote_fqname(q.queue_data_pfx || '_' || next_table) || ' in access exclusive mode nowait';
        execute 'truncate ' || pgq.quote_fqname(q.queue_data_pfx || '_' || next_table);
    exception
        when lock_not_available then
            return 0;
    end;
    update pgq.queue
       set queue_cur_table = next_table, queue_switch_time = current_timestamp,
           queue_switch_step1 = own, queue_switch_step2 = null
     where queue_id = q.queue_id;
    -- The old second step is the bound, so every tick of the table that is now the previous one stays.
    delete from pgq.tick
     where tick_queue = q.queue_id and pg_catalog.txid_snapshot_xmin(tick_snapshot) < q.queue_switch_step2;
    return 0;
end;
$$;
