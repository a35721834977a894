import type pg from 'pg'

/** An object of PgQ's schemas and what makes it what it is. */
export interface CatalogEntry {
  /** Its kind and name; a function's has its argument types. */
  object: string
  definition: unknown[]
  /** `role:privilege`, in order, of all but the owner. */
  rights: string[]
}

/** Reads all that an installation makes. What belongs to a queue is left out. */
export async function readCatalog(client: pg.ClientBase): Promise<CatalogEntry[]> {
  const { rows } = await client.query<CatalogEntry>(catalogQuery)
  return rows
}

const rightsOf = (acl: string, kind: string, owner: string) => `
  array(select coalesce(nullif(a.grantee, 0)::regrole::text, 'public') || ':' || a.privilege_type
          from aclexplode(coalesce(${acl}, acldefault(${kind}, ${owner}))) a where a.grantee <> ${owner} order by 1)`

const catalogQuery = `
  with home as (select oid from pg_namespace where nspname in ('pgq', 'pgq_coop', 'pgq_ext', 'pgq_gateway'))
  select 'schema ' || n.nspname as object, '[]'::jsonb as definition, ${rightsOf('n.nspacl', `'n'`, 'n.nspowner')} as rights
    from pg_namespace n join home on home.oid = n.oid
   union all
  select 'function ' || p.oid::regprocedure,
         jsonb_build_array(pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), p.prosrc, p.provolatile,
                           p.prosecdef, p.proisstrict, p.proparallel, p.proconfig),
         ${rightsOf('p.proacl', `'f'`, 'p.proowner')}
    from pg_proc p join home on home.oid = p.pronamespace
   union all
  select 'relation ' || c.oid::regclass,
         jsonb_build_array(c.relkind, pg_get_viewdef(c.oid), array(select unnest(c.reloptions) order by 1),
           array(select concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
                   from pg_attribute a
                   left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum),
           array(select pg_get_indexdef(i.indexrelid) from pg_index i where i.indrelid = c.oid order by 1),
           array(select conname || ' ' || pg_get_constraintdef(k.oid) from pg_constraint k
                  where k.conrelid = c.oid and k.contype <> 'n' order by 1),
           array(select pg_get_triggerdef(t.oid) from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal order by 1)),
         ${rightsOf('c.relacl', `case when c.relkind = 'S' then 's'::"char" else 'r'::"char" end`, 'c.relowner')}
    from pg_class c join home on home.oid = c.relnamespace
   where c.relkind in ('r', 'v', 'S', 'c') and c.relname !~ '^event_[0-9]'
   order by 1`
