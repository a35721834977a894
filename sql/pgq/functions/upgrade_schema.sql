-- Changes nothing, since the installer upgrades the schema. Upstream's scripts call this function.
-- Grant: pgq_admin
create or replace function pgq.upgrade_schema() returns int4
language sql as $$ select 0 $$;
