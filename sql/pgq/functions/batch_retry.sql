-- Puts every event of an open batch into the retry queue for that many seconds, except those that wait there already; returns how many.
-- Does not finish the batch. PQ003 for an unknown batch or NULL, 23502 for NULL seconds.
-- Grant: pgq_reader
create or replace function pgq.batch_retry(i_batch_id bigint, i_retry_seconds integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    sub record;
    queued integer;
begin
    select sub_id, sub_queue into sub from pgq.subscription where sub_batch = i_batch_id;
    if not found then
        raise exception 'batch_retry: batch % not found', i_batch_id using errcode = 'PQ003';
    end if;
    execute 'insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry, ev_type, ev_data,'
        || ' ev_extra1, ev_extra2, ev_extra3, ev_extra4)'
        || ' select $1, $2, ev_id, ev_time, $3, coalesce(ev_retry, 0) + 1, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4'
        || ' from (' || pgq.batch_event_sql(i_batch_id) || ') ev'
        || ' on conflict (ev_owner, ev_id) do nothing'
      using current_timestamp + make_interval(secs => i_retry_seconds), sub.sub_queue, sub.sub_id;
    get diagnostics queued = row_count;
    return queued;
end;
$$;
