-- The installer keeps in one row which revision of the schemas is installed (sql/revision.json), from which revision on
-- builds work with it, and the version of the package that has installed it.
create table pgq_gateway.schema_revision (
    is_only         bool primary key default true check (is_only),
    number          int4 not null,
    compatible_from int4 not null,
    version         text not null
);
