-- Pages, filters and orders the events that a query text gives. i_limit rows by ev_id, and more where several have the
-- last id (a retry keeps its event's id): so no page boundary falls between them.
-- Grant: nobody
create or replace function pgq_gateway._select_events(
    i_event_sql text, i_after bigint, i_limit bigint, i_types text[],
    i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text)
returns table (ev_id bigint, ev_time timestamptz, ev_txid bigint, ev_retry int4, ev_type text, ev_data text,
               ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    return query execute format(
        'select ev_id, ev_time, ev_txid, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4'
        ' from (%s) e where %s order by ev_id fetch first ($2) rows with ties',
        i_event_sql,
        concat_ws(' and ', 'true',
            case when i_after is not null then 'ev_id > $1' end,
            case when i_types is not null then 'ev_type = any ($3)' end,
            case when i_extra1 is not null then 'ev_extra1 = $4' end,
            case when i_extra2 is not null then 'ev_extra2 = $5' end,
            case when i_extra3 is not null then 'ev_extra3 = $6' end,
            case when i_extra4 is not null then 'ev_extra4 = $7' end))
      using i_after, i_limit, i_types, i_extra1, i_extra2, i_extra3, i_extra4;
end $$;
