-- Pauses a mover into this database, or lets it go on; a move that has begun by then may still come. Returns whether that
-- changed anything.
-- Grant: pgq_admin
create or replace function pgq_gateway.pause_mover(i_mover text, i_is_paused bool)
returns bool
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if not i_is_paused and not exists (select from pgq_gateway.mover m where m.mover = i_mover) then
        return false;
    end if;
    insert into pgq_gateway.mover as m (mover, is_paused) values (i_mover, i_is_paused)
        on conflict (mover) do update set is_paused = excluded.is_paused where m.is_paused <> excluded.is_paused;
    return found;
end $$;
