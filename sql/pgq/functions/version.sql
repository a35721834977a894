-- Returns the version of the PgQ interface that this schema offers. pgqd wants a text whose first character is at least '3'.
-- Grant: public
create or replace function pgq.version() returns text
language sql immutable as $$ select '3.5'::text $$;
