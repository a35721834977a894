-- Returns those of these gateways that are not alive; see _gateway_is_alive.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.dead_gateways(i_gateways int4[])
returns setof int4
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    select g from (select g from unnest(i_gateways) g order by g) each where not pgq_gateway._gateway_is_alive(g)
$$;
