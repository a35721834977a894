-- A page of an open batch's events; see _select_events. PQ003 when the batch is not open.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.batch_events(
    i_batch_id bigint, i_after bigint, i_limit bigint, i_types text[],
    i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text)
returns table (ev_id bigint, ev_time timestamptz, ev_txid bigint, ev_retry int4, ev_type text, ev_data text,
               ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from pgq.subscription s where s.sub_batch = i_batch_id) then
        raise exception 'Batch % is not open: it was finished, or never existed', i_batch_id
            using errcode = 'PQ003', hint = 'batchId';
    end if;
    return query
    select * from pgq_gateway._select_events(pgq.batch_event_sql(i_batch_id), i_after, i_limit, i_types,
                                            i_extra1, i_extra2, i_extra3, i_extra4);
end $$;
