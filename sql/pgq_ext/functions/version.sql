-- Returns the version of the pgq_ext interface that this schema offers.
-- Grant: public
create or replace function pgq_ext.version() returns text
language sql immutable as $$ select '3.1'::text $$;
