-- Tells whether a gateway of a version before pgq_gateway.gateway holds this advisory lock, of two keys. Sessions of others
-- do not count, though any role that may connect can take such a lock.
-- Grant: nobody
create or replace function pgq_gateway._older_gateway_holds(i_class int4, i_object int4)
returns bool
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from pg_locks l
          join pg_stat_activity a on a.pid = l.pid
         where l.locktype = 'advisory' and l.granted and l.objsubid = 2
           and l.classid::bigint = i_class and l.objid::bigint = i_object
           and l.database = (select d.oid from pg_database d where d.datname = current_database())
           and a.application_name like 'pgq-graphql/gateway %' and pg_has_role(a.usesysid, 'pgq_reader', 'member')
           and not exists (select from pgq_gateway.gateway g where g.pid = l.pid))
$$;
