-- Names the class of the advisory locks "one ticker at a time per queue", whose object is the queue's id: "pgqt" in ASCII.
-- Grant: nobody
create or replace function pgq._tick_lock_class() returns int4
language sql immutable parallel safe as $$ select 1885827444 $$;
