-- Records how many sources of a mover a gateway has, and for how many more it stands by, and returns how they would be shared
-- fairly among the gateways that have done so lately: to_give is the number of sources that it should give up to others that
-- wait for some, and has_enough tells whether it has its share. Shares differ by one at most; the larger ones are for who
-- has more already, so that fair shares stay as they are. A gateway that has none and waits for none is forgotten.
-- Grant: pgq_writer, pgq_admin
create or replace function pgq_gateway.share_mover(
    i_mover text, i_gateway int4, i_held int4, i_standing_by int4, out to_give int4, out has_enough bool)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    delete from pgq_gateway.mover_share s
     where s.mover = i_mover and (s.seen_at < now() - interval '10 s' or s.gateway = i_gateway and i_held + i_standing_by = 0);
    if i_held + i_standing_by > 0 then
        insert into pgq_gateway.mover_share as s (mover, gateway, held, standing_by, seen_at)
        values (i_mover, i_gateway, i_held, i_standing_by, now())
            on conflict (mover, gateway) do update
           set held = excluded.held, standing_by = excluded.standing_by, seen_at = excluded.seen_at;
    end if;
    with total as (
        -- What one has just given up, and nobody has taken yet, counts too: others stand by for it.
        select greatest(sum(s.held), max(s.held + s.standing_by))::int4 as sources, count(*)::int4 as gateways
          from pgq_gateway.mover_share s
         where s.mover = i_mover),
    shared as (
        select s.gateway, s.held, s.standing_by,
               t.sources / t.gateways
               + case when row_number() over (order by s.held desc, s.gateway) <= t.sources % t.gateways then 1 else 0 end as share
          from pgq_gateway.mover_share s
         cross join total t
         where s.mover = i_mover),
    wanted as (
        select coalesce(sum(least(greatest(s.share - s.held, 0), s.standing_by)), 0)::int4 as count from shared s)
    select least(greatest(s.held - s.share, 0), w.count), s.held >= s.share
      into to_give, has_enough
      from shared s
     cross join wanted w
     where s.gateway = i_gateway;
end $$;
