-- A page of the events between two ticks of a queue, for readers without a subscription; see _event_sql, _select_events.
-- PQ013 when the log no longer reaches back to i_from_tick, also when that happens while it is read: a caller never gets
-- a part for the whole. The queue goes by id, so that one made anew under its name is not mistaken for it. Must run as its own transaction under READ COMMITTED for that.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.tick_events(
    i_queue_id int4, i_from_tick bigint, i_to_tick bigint, i_after bigint, i_limit bigint, i_types text[],
    i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text)
returns table (ev_id bigint, ev_time timestamptz, ev_txid bigint, ev_retry int4, ev_type text, ev_data text,
               ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    from_snapshot txid_snapshot;
    to_snapshot txid_snapshot;
begin
    select t.tick_snapshot into from_snapshot from pgq.tick t where t.tick_queue = i_queue_id and t.tick_id = i_from_tick;
    select t.tick_snapshot into to_snapshot from pgq.tick t where t.tick_queue = i_queue_id and t.tick_id = i_to_tick;
    if from_snapshot is not null and to_snapshot is not null then
        return query
        select * from pgq_gateway._select_events(pgq_gateway._event_sql(i_queue_id, from_snapshot, to_snapshot),
                                                i_after, i_limit, i_types, i_extra1, i_extra2, i_extra3, i_extra4);
        perform from pgq.tick t where t.tick_queue = i_queue_id and t.tick_id = i_from_tick;
        if found then
            return;
        end if;
    end if;
    raise exception 'The log no longer holds the events between ticks % and %', i_from_tick, i_to_tick
        using errcode = 'PQ013', hint = 'after';
end $$;
