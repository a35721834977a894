-- Tells how far movers into this database are with their sources, and whether they are paused; a mover that is paused and has
-- no sources yet has one row without a source. last_tick is the last of the source whose events are all here.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.mover_sources(i_movers text[])
returns table (mover text, is_paused bool, source text, last_tick bigint, events_moved bigint, moved_at timestamptz, stopped_because text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select m.name, coalesce(p.is_paused, false), s.source, pgq_ext.get_last_tick(s.mover, s.source), s.events_moved, s.moved_at,
           s.stopped_because
      from unnest(i_movers) m(name)
      left join pgq_gateway.mover p on p.mover = m.name
      left join pgq_gateway.mover_source s on s.mover = m.name
     where p.mover is not null or s.mover is not null
$$;
