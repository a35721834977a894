-- Refuses (42501) a gateway that lives as another login. One that is dead, or unknown, passes.
-- Grant: nobody
create or replace function pgq_gateway._check_own_life(i_gateway int4)
returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from pgq_gateway.gateway g
                where g.gateway = i_gateway and g.login <> session_user and not pgq_gateway._has_died(g)) then
        raise exception 'Gateway % lives, as another login', i_gateway using errcode = '42501';
    end if;
end $$;
