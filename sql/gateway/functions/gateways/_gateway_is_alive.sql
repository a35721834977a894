-- Tells whether the gateway with this id is alive (_has_died). NULL for a null id.
--
-- When the answer is false it is recorded: the gateway has lost its lead and its claims, and finds out at its next sign
-- of life. The caller's transaction keeps the gateway's row locked to its end, so that a gateway that comes back waits
-- for what is taken over; a sign under way is waited for.
--
-- A gateway of an older version has no row. It is alive while its session has the advisory lock of its id; when it is
-- not, the caller's transaction keeps that lock.
-- Grant: nobody
create or replace function pgq_gateway._gateway_is_alive(i_gateway int4)
returns bool
language plpgsql strict set search_path = pg_catalog, pg_temp
as $$
declare
    life pgq_gateway.gateway;
begin
    select * into life from pgq_gateway.gateway g where g.gateway = i_gateway;
    if not found then
        return not pg_try_advisory_xact_lock(pgq_gateway._alive_lock_class(), i_gateway)
           and pgq_gateway._older_gateway_holds(pgq_gateway._alive_lock_class(), i_gateway);
    end if;
    if not pgq_gateway._has_died(life) then
        return true;
    end if;
    select * into life from pgq_gateway.gateway g where g.gateway = i_gateway for no key update;
    if found and not pgq_gateway._has_died(life) then
        return true;
    end if;
    update pgq_gateway.gateway g
       set presumed_dead = true, leads = false
     where g.gateway = i_gateway and not g.presumed_dead;
    return false;
end $$;
