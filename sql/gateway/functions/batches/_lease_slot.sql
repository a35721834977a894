-- Returns the slot where settled_lease holds a token: one of 65,536, by the token's first 16 bits, which are random.
-- Grant: nobody
create or replace function pgq_gateway._lease_slot(i_token uuid)
returns int4
language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
    select ('x' || left(i_token::text, 4))::bit(16)::int4
$$;
