-- Names the class of the advisory lock "one session ticks this database", whose object is 0: "pgql" in ASCII.
-- Grant: public
create or replace function pgq_gateway._leader_lock_class()
returns int4
language sql immutable parallel safe
as $$
    select 1885827436
$$;
