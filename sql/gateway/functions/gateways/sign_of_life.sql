-- Renews the sign of life of a gateway, on the session on which its life began, or as the login and with the i_life with which
-- it began without one. i_leads: true asks for the lead of the tickers and gets it where no other living gateway has it; false
-- gives it up; NULL leaves it as it is. Returns whether the gateway leads, or NULL when it was found dead since its last sign,
-- and has to begin again. 42501 for a login that asks for the lead and is no pgq_admin.
--
-- A session that is shared takes no lock of its own, which would outlast the call: gateways of a version before
-- pgq_gateway.gateway do not hear of such a leader.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.sign_of_life(i_gateway int4, i_leads bool, i_life uuid default null)
returns bool
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    is_leader bool;
begin
    update pgq_gateway.gateway g
       set seen_at = clock_timestamp(), leads = g.leads and i_leads is distinct from false
     where g.gateway = i_gateway and not g.presumed_dead
       and case when i_life is null then g.pid = pg_backend_pid() else g.life = i_life and g.login = session_user end
    returning g.leads into is_leader;
    if i_leads is false and i_life is null then
        perform pg_advisory_unlock_all();
    end if;
    if i_leads and not pg_has_role(session_user, 'pgq_admin', 'member') then
        raise exception 'To lead the tickers takes the role pgq_admin' using errcode = '42501';
    end if;
    if is_leader is distinct from false or i_leads is not true
       or pgq_gateway._gateway_is_alive((select g.gateway from pgq_gateway.gateway g where g.leads)) then
        return is_leader;
    end if;
    -- Gateways of an older version hear of a leader by this lock alone; one of them may have it.
    if (i_life is not null or not pg_try_advisory_lock(pgq_gateway._leader_lock_class(), 0))
       and pgq_gateway._older_gateway_holds(pgq_gateway._leader_lock_class(), 0) then
        return false;
    end if;
    begin
        update pgq_gateway.gateway g set leads = true where g.gateway = i_gateway;
        return true;
    exception when unique_violation then
        -- Another gateway was faster.
        if i_life is null then
            perform pg_advisory_unlock_all();
        end if;
        return false;
    end;
end $$;
