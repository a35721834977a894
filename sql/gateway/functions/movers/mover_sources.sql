-- Tells how far movers into this database are with their sources, and whether they are paused; all movers for NULL. One that is
-- paused and has no sources yet has one row without a source. last_tick is the last of the source whose events are all here.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.mover_sources(i_movers text[])
returns table (mover text, is_paused bool, source text, last_tick bigint, events_moved bigint, moved_at timestamptz, stopped_because text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select coalesce(p.mover, s.mover), coalesce(p.is_paused, false), s.source, pgq_ext.get_last_tick(s.mover, s.source),
           s.events_moved, s.moved_at, s.stopped_because
      from pgq_gateway.mover_source s
      full join pgq_gateway.mover p on p.mover = s.mover
     where (i_movers is null or coalesce(p.mover, s.mover) = any (i_movers)) and (s.mover is not null or p.is_paused)
     order by 1, 3
$$;
