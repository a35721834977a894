-- Ends this life of a gateway without a session, so that others take over at once what it leads and holds. A session needs no
-- such call: its end tells.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.end_life(i_gateway int4, i_life uuid)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    update pgq_gateway.gateway g
       set presumed_dead = true, leads = false
     where g.gateway = i_gateway and g.life = i_life and g.login = session_user
$$;
