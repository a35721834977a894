-- Names the class of the advisory locks "one ticker at a time per queue", whose object is the queue's id: "pgqt" in ASCII.
-- This project's engine takes them too (pgq._tick_lock_class). Object 0, which is no queue's id, is the installer's.
-- Grant: pgq_admin
create or replace function pgq_gateway._tick_lock_class()
returns int4
language sql immutable parallel safe
as $$
    select 1885827444
$$;
