-- Returns those of these gateways that are not alive; see _gateway_is_alive. Reads no table.
-- Grant: public
create or replace function pgq_gateway.dead_gateways(i_gateways int4[])
returns setof int4
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select g from unnest(i_gateways) g where not pgq_gateway._gateway_is_alive(g)
$$;
