-- Version of the pgq_coop interface that this schema offers.
create or replace function pgq_coop.version() returns text
language sql immutable as $$ select '3.4'::text $$;
