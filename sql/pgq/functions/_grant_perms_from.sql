-- Gives the second table the grants that the first has, grant options included. NULL gives NULL.
-- The owner's own entry is left out: an owner needs none, and the two tables have the same owner.
-- Grant: pgq_admin
create or replace function pgq._grant_perms_from(src_schema text, src_table text, dst_schema text, dst_table text)
returns integer
language plpgsql strict set search_path = pg_catalog, pg_temp as $$
declare
    acl record;
begin
    for acl in
        select a.privilege_type, a.is_grantable,
               case when a.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end as grantee
          from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         cross join lateral pg_catalog.aclexplode(c.relacl) a
         where n.nspname = src_schema and c.relname = src_table and a.grantee <> c.relowner
         order by 3, 1
    loop
        execute pg_catalog.format('grant %s on %I.%I to %s%s', acl.privilege_type, dst_schema, dst_table, acl.grantee,
            case when acl.is_grantable then ' with grant option' else '' end);
    end loop;
    return 1;
end;
$$;
