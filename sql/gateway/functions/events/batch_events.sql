-- Reads a page of an open batch's events; see _select_events. PQ003 when the batch is not open.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.batch_events(i_batch_id bigint, i_selection pgq_gateway.event_selection)
returns setof pgq_gateway.event
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    at_queue int4;
begin
    select s.sub_queue into at_queue from pgq.subscription s where s.sub_batch = i_batch_id;
    if not found then
        raise exception 'This batch is not open: it was finished, or never existed'
            using errcode = 'PQ003', column = 'batchId';
    end if;
    perform pgq_gateway._check_parts(at_queue);
    return query select * from pgq_gateway._select_events(pgq.batch_event_sql(i_batch_id), i_selection);
end $$;
