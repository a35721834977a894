-- Returns the version of the pgq_coop interface that this schema offers.
-- Grant: public
create or replace function pgq_coop.version() returns text
language sql immutable as $$ select '3.4'::text $$;
