-- Inserts any number of events in one statement and returns their ids in the order given. All arrays have one element
-- per event; an extra array may be null when no event uses it. Retries, disabled queues and per-transaction limits
-- behave as in pgq.insert_event. i_revision is that of the event types which the payloads were checked against (see
-- enforced_event_types): 0 for none, null when nothing was checked. i_times gives events that come from elsewhere the time that
-- they had there, unless the queue has a limit per transaction; null is now. Takes no lock under READ COMMITTED.
--
-- PQ001 for an unknown queue, PQ005 for a disabled one and for one that has lost its table or its sequence, PQ017 when the types have changed since.
-- Grant: pgq_writer, pgq_admin
create or replace function pgq_gateway.insert_events(
    i_queue text, i_types text[], i_data text[],
    i_extra1 text[] default null, i_extra2 text[] default null, i_extra3 text[] default null, i_extra4 text[] default null,
    i_revision bigint default null, i_times timestamptz[] default null)
returns bigint[]
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    -- The transaction gets its id before it looks at the queue row: otherwise a rotation that completes in between would
    -- send consumers past the table that is written to here.
    txid bigint := txid_current();
    q record;
    ids bigint[];
begin
    if current_setting('transaction_isolation') = 'read committed' then
        -- This reads the revision in the same statement: it sees a change of the types that is committed before, and a
        -- later one waits for this transaction (await_inserts).
        select qu.*, coalesce(r.revision, 0) as revision into q
          from pgq.queue qu
          left join pgq_gateway.event_registry r on r.queue_id = qu.queue_id
         where qu.queue_name = i_queue;
    else
        -- An old snapshot may show a queue row from before a rotation; the lock turns that into a 40001.
        select qu.*, coalesce(r.revision, 0) as revision into q
          from pgq.queue qu
          left join pgq_gateway.event_registry r on r.queue_id = qu.queue_id
         where qu.queue_name = i_queue for key share of qu;
    end if;
    if q is null then
        perform pgq_gateway._queue_id(i_queue);
    end if;
    if q.queue_disable_insert and current_setting('session_replication_role') <> 'replica' then
        raise exception 'Queue % takes no events now: inserts are disabled', pgq_gateway._shown(i_queue)
            using errcode = 'PQ005', column = 'queue';
    end if;
    if i_revision <> q.revision then
        raise exception 'The event types of queue % have changed', pgq_gateway._shown(i_queue) using errcode = 'PQ017';
    end if;
    if not pgq_gateway._has_own_parts(q.queue_id, q.queue_data_pfx, q.queue_event_seq, q.queue_tick_seq) then
        perform pgq_gateway._check_parts(q.queue_id);
    end if;
    if to_regclass(q.queue_data_pfx || '_' || q.queue_cur_table) is null or to_regclass(q.queue_event_seq) is null then
        perform pgq_gateway._refuse_damaged(i_queue);
    end if;
    if q.queue_per_tx_limit >= 0 then
        -- PgQ counts these per transaction itself, an event at a time.
        return array(
            select pgq.insert_event(i_queue, i_types[n], i_data[n], i_extra1[n], i_extra2[n], i_extra3[n], i_extra4[n])
              from generate_series(1, cardinality(i_types)) n order by n);
    end if;
    -- The arrays are unnested side by side in one pass, null ones to nulls, and the rows come back in the order they went
    -- in. They have a select of their own, since nextval beside unnest is evaluated once more than there are rows.
    execute format(
        'with inserted as ('
        '    insert into %s (ev_id, ev_time, ev_txid, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)'
        '    select nextval(%L), coalesce(time, now()), $1, type, data, extra1, extra2, extra3, extra4'
        '      from (select unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8))'
        '        given (type, data, extra1, extra2, extra3, extra4, time)'
        '    returning ev_id)'
        ' select array_agg(ev_id) from inserted',
        q.queue_data_pfx || '_' || q.queue_cur_table, q.queue_event_seq)
       into ids
      using txid, i_types, i_data, i_extra1, i_extra2, i_extra3, i_extra4, i_times;
    return coalesce(ids, '{}');
end $$;
