-- Forgets what is here of a source of a mover, so that it goes on wherever its consumer is: events may be missing here then,
-- or come twice. NULL for all sources that are stopped. Returns the sources.
-- Grant: pgq_admin
create or replace function pgq_gateway.reset_mover(i_mover text, i_source text)
returns setof text
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    with gone as (
        delete from pgq_gateway.mover_source s
         where s.mover = i_mover and (s.source = i_source or i_source is null and s.stopped_because is not null)
        returning s.source)
    select g.source from gone g where pgq_ext.set_last_tick(i_mover, g.source, null) is not null
$$;
