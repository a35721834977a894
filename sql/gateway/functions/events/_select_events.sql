-- Pages, filters and orders the events that a query text gives. It returns max_count events by id, and more where several
-- share the last id, as a retry shares its event's: so no page boundary falls between them.
-- Grant: nobody
create or replace function pgq_gateway._select_events(i_event_sql text, i_selection pgq_gateway.event_selection)
returns setof pgq_gateway.event
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    return query execute format(
        'select %s from (%s) e where %s order by ev_id fetch first ($2) rows with ties',
        pgq_gateway._event_columns(), i_event_sql,
        concat_ws(' and ', 'true',
            case when i_selection.after_id is not null then 'ev_id > $1' end,
            case when i_selection.types is not null then 'ev_type = any ($3)' end,
            case when i_selection.extra1 is not null then 'ev_extra1 = $4' end,
            case when i_selection.extra2 is not null then 'ev_extra2 = $5' end,
            case when i_selection.extra3 is not null then 'ev_extra3 = $6' end,
            case when i_selection.extra4 is not null then 'ev_extra4 = $7' end))
      using i_selection.after_id, i_selection.max_count, i_selection.types,
            i_selection.extra1, i_selection.extra2, i_selection.extra3, i_selection.extra4;
end $$;
