-- Refuses (PQ019) a gateway that does not lead the tickers of this database: it was found dead, as after it stood still,
-- and another one may lead. NULL passes.
-- Grant: pgq_admin
create or replace function pgq_gateway._check_leader(i_gateway int4)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if i_gateway is not null and not exists (select from pgq_gateway.gateway g where g.gateway = i_gateway and g.leads) then
        raise exception 'Gateway % does not lead the tickers of this database', i_gateway using errcode = 'PQ019';
    end if;
end $$;
