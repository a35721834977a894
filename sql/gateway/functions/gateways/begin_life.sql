-- Begins the life of a gateway on this session, the first time or again. Whoever is taking over what the gateway held is
-- waited for, so that it knows afterwards what it has lost. The row of a gateway that lives is left to its own login: others
-- are refused (42501).
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.begin_life(i_gateway int4)
returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform pgq_gateway._check_own_life(i_gateway);
    insert into pgq_gateway.gateway as g (gateway, pid, seen_at)
    values (i_gateway, pg_backend_pid(), clock_timestamp())
        on conflict (gateway) do update
       set pid = excluded.pid, seen_at = excluded.seen_at, presumed_dead = false, leads = false;
    -- Rows of gateways that ended long ago serve nobody. One that only stands still keeps its row, and comes back.
    delete from pgq_gateway.gateway g
     where g.gateway in (select o.gateway from pgq_gateway.gateway o
                          where o.seen_at < now() - interval '1 day' and not exists (select from pg_stat_get_activity(o.pid))
                            for update skip locked);
end $$;
