-- Every role may name the schema and read what is installed; other tables are reached through functions and views alone.
grant usage on schema pgq_gateway to public;
revoke all on all tables in schema pgq_gateway from public;
grant select on pgq_gateway.installed, pgq_gateway.migration, pgq_gateway.schema_revision to public;
