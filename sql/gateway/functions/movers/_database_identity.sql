-- Tells this database from any other that ever was: the identifier of its server, which copies of its files share, and its oid.
-- Where the owner may not ask for the identifier, the oid alone has to do.
-- Grant: nobody
create or replace function pgq_gateway._database_identity()
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    home oid := (select d.oid from pg_database d where d.datname = current_database());
begin
    if has_function_privilege('pg_catalog.pg_control_system()', 'execute') then
        return (select s.system_identifier from pg_control_system() s) || '/' || home;
    end if;
    return '/' || home;
end $$;
