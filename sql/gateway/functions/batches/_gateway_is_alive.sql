-- Tells whether the gateway process with this id is alive: true while any session shares the advisory lock of its id,
-- which each gateway does on a session of its own. A gateway that lost that session a moment ago counts as dead until
-- it is back. NULL for a null id.
--
-- When the answer is false the caller's transaction keeps the lock to its end, so that no other session finds the
-- same gateway dead meanwhile, and a gateway that returns waits for it.
-- Grant: public
create or replace function pgq_gateway._gateway_is_alive(i_gateway int4)
returns bool
language sql volatile strict parallel restricted set search_path = pg_catalog, pg_temp
as $$
    select not pg_try_advisory_xact_lock(pgq_gateway._alive_lock_class(), i_gateway)
$$;
