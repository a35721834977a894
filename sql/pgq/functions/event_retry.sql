-- Puts one event of an open batch into the retry queue, until a time or for a number of seconds (0 and negative: at once).
-- Returns 1, or 0 where it waits there already. PQ003 unknown batch, PQ004 unknown event, 23502 NULL time.
-- Grant: pgq_reader
create or replace function pgq.event_retry(x_batch_id bigint, x_event_id bigint, x_retry_time timestamptz) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    sub record;
    ev record;
begin
    select sub_id, sub_queue into sub from pgq.subscription where sub_batch = x_batch_id;
    if not found then
        raise exception 'event not found' using errcode = 'PQ003';
    end if;
    execute 'select * from (' || pgq.batch_event_sql(x_batch_id) || ') ev where ev_id = $1 limit 1' into ev using x_event_id;
    if ev.ev_id is null then
        raise exception 'event not found' using errcode = 'PQ004';
    end if;

    insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry, ev_type, ev_data,
                                 ev_extra1, ev_extra2, ev_extra3, ev_extra4)
    values (x_retry_time, sub.sub_queue, ev.ev_id, ev.ev_time, sub.sub_id, coalesce(ev.ev_retry, 0) + 1, ev.ev_type, ev.ev_data,
            ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4)
    on conflict (ev_owner, ev_id) do nothing;
    return case when found then 1 else 0 end;
end;
$$;

create or replace function pgq.event_retry(x_batch_id bigint, x_event_id bigint, x_retry_seconds integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
begin
    return pgq.event_retry(x_batch_id, x_event_id, current_timestamp + make_interval(secs => x_retry_seconds));
end;
$$;
