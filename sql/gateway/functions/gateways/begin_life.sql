-- Begins the life of a gateway, the first time or again: on this session, or without one where i_life is given, which is secret
-- and of this life alone. Whoever is taking over what the gateway held is waited for, so that it knows afterwards what it has
-- lost. The row of a gateway that lives is left to its own login: others are refused (42501).
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.begin_life(i_gateway int4, i_life uuid default null)
returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into pgq_gateway.gateway as g (gateway, pid, life, login, seen_at)
    values (i_gateway, case when i_life is null then pg_backend_pid() end, i_life, session_user, clock_timestamp())
        on conflict (gateway) do update
       set pid = excluded.pid, life = excluded.life, login = excluded.login, seen_at = excluded.seen_at,
           presumed_dead = false, leads = false
     where g.login = excluded.login or pgq_gateway._has_died(g);
    if not found then
        raise exception 'Gateway % lives, as another login', i_gateway using errcode = '42501';
    end if;
    -- Rows of gateways that ended long ago serve nobody. One that only stands still keeps its row, and comes back.
    delete from pgq_gateway.gateway g
     where g.gateway in (select o.gateway from pgq_gateway.gateway o
                          where o.seen_at < now() - interval '1 day'
                            and (o.pid is null or not exists (select from pg_stat_get_activity(o.pid)))
                            for update skip locked);
end $$;
