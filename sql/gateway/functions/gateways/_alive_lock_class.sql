-- Names the class of the advisory locks "this gateway lives", whose object is the gateway's id: "pgqg" in ASCII. Gateways of
-- a version before pgq_gateway.gateway show by it alone that they live.
-- Grant: public
create or replace function pgq_gateway._alive_lock_class()
returns int4
language sql immutable parallel safe
as $$
    select 1885827431
$$;
