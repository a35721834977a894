-- Stops a source of a mover until reset_mover, for a reason that people are shown. The first reason stays.
-- Grant: pgq_writer, pgq_admin
create or replace function pgq_gateway.stop_mover_source(i_mover text, i_source text, i_reason text)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    update pgq_gateway.mover_source s
       set stopped_because = coalesce(s.stopped_because, i_reason)
     where s.mover = i_mover and s.source = i_source
$$;
