-- Names the class of the advisory lock "this session ticks the database", whose object is 0: "pgql" in ASCII. Gateways of a
-- version before pgq_gateway.gateway know the leader by it alone.
-- Grant: public
create or replace function pgq_gateway._leader_lock_class()
returns int4
language sql immutable parallel safe
as $$
    select 1885827436
$$;
