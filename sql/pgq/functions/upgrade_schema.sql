-- Kept because upstream's scripts call it. Here the installer upgrades the schema, so this changes nothing.
-- Grant: pgq_admin
create or replace function pgq.upgrade_schema() returns int4
language sql as $$ select 0 $$;
