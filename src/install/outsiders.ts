import type pg from 'pg'
import type { Component } from './components.ts'

/** Names the objects outside of these schemas that a `drop schema … cascade` can take along. */
export async function readObjectsOutside(
  client: pg.ClientBase,
  schemas: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ object: string }>(
    `with home as (
            select oid from pg_namespace where nspname = any ($1) or nspname in ('pg_catalog', 'information_schema') or nspname ~ '^pg_t'),
          relation as (select oid from pg_class where relnamespace not in (select oid from home)),
          object (catalog, id, part) as (
            select 'pg_class'::regclass, c.oid, 0 from pg_class c join relation r on r.oid = c.oid where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
             union all
            select 'pg_class'::regclass, a.attrelid, a.attnum
              from pg_attribute a
              join relation r on r.oid = a.attrelid
              join pg_type t on t.oid = a.atttypid
             where a.attnum > 0 and not a.attisdropped
               and t.typnamespace in (select oid from pg_namespace where nspname = any ($1))
             union all
            select 'pg_proc'::regclass, oid, 0 from pg_proc where pronamespace not in (select oid from home)
             union all
            select 'pg_type'::regclass, oid, 0 from pg_type where typtype = 'd' and typnamespace not in (select oid from home)
             union all
            select 'pg_trigger'::regclass, t.oid, 0 from pg_trigger t join relation r on r.oid = t.tgrelid where not t.tgisinternal
             union all
            select 'pg_attrdef'::regclass, d.oid, 0 from pg_attrdef d join relation r on r.oid = d.adrelid
             union all
            select 'pg_constraint'::regclass, k.oid, 0 from pg_constraint k join relation r on r.oid = k.conrelid
             union all
            select 'pg_policy'::regclass, p.oid, 0 from pg_policy p join relation r on r.oid = p.polrelid
             union all
            select 'pg_rewrite'::regclass, w.oid, 0 from pg_rewrite w join relation r on r.oid = w.ev_class where w.rulename <> '_RETURN'
             union all
            select 'pg_event_trigger'::regclass, oid, 0 from pg_event_trigger)
     select i.type || ' ' || i.identity as object
       from object cross join lateral pg_identify_object(catalog, id, part) i
      where i.identity is not null
      order by 1`,
    [schemas],
  )
  return rows.map(({ object }) => object)
}

/** Names what others have put on the tables of these schemas, and goes with them without being asked for. */
export async function readAdditions(client: pg.ClientBase, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ object: string }>(
    `with home as (select oid from pg_namespace where nspname = any ($1)),
          relation as (select oid from pg_class where relnamespace in (select oid from home)),
          object (catalog, id) as (
            select 'pg_trigger'::regclass, oid from pg_trigger where tgrelid in (select oid from relation) and not tgisinternal
             union all
            select 'pg_policy'::regclass, oid from pg_policy where polrelid in (select oid from relation)
             union all
            select 'pg_rewrite'::regclass, oid from pg_rewrite where ev_class in (select oid from relation) and rulename <> '_RETURN'
             union all
            select 'pg_statistic_ext'::regclass, oid from pg_statistic_ext where stxrelid in (select oid from relation)
             union all
            select 'pg_publication_rel'::regclass, oid from pg_publication_rel where prrelid in (select oid from relation)
             union all
            select classid, objid from pg_depend
             where classid = to_regclass('pg_publication_namespace') and refclassid = 'pg_namespace'::regclass
               and refobjid in (select oid from home))
     select i.type || ' ' || i.identity as object
       from object cross join lateral pg_identify_object(catalog, id, 0) i
      order by 1`,
    [schemas],
  )
  return rows.map(({ object }) => object)
}

/**
 * Names the tables and views in the schemas of these components, and the functions in all of them but `pgq_gateway`, which
 * neither a component nor a queue has made.
 */
export async function readStrangers(
  client: pg.ClientBase,
  components: readonly Component[],
): Promise<string[]> {
  const relations = components.flatMap(({ name, migrations, views }) => [
    ...migrations.flatMap(
      ({ text }) => text.match(/(?<=^create (?:unlogged )?table (?:if not exists )?)\w+\.\w+/gm) ?? [],
    ),
    ...views.map((file) => `${name}.${file.name}`),
  ])
  const functions = components.flatMap(({ name, functions }) =>
    functions.map((file) => `${name}.${file.name}`),
  )
  const { rows } = await client.query<{ object: string }>(
    `with home as (select oid, nspname from pg_namespace where nspname = any ($1)),
          made (name) as (
            select unnest($2::text[])
             union all
            select unnest(array['pgq_gateway.installed', 'pgq_gateway.migration'])
            ${components.some(({ name }) => name === 'pgq') ? eventTables : ''})
     select 'table ' || c.oid::regclass as object
       from pg_class c join home n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname || '.' || c.relname not in (select name from made)
      union all
     select 'function ' || p.oid::regprocedure
       from pg_proc p join home n on n.oid = p.pronamespace
      where n.nspname <> 'pgq_gateway' and n.nspname || '.' || p.proname <> all ($3)
      order by 1`,
    [components.map(({ name }) => name), relations, functions],
  )
  return rows.map(({ object }) => object)
}

const eventTables = `
  union all
 select queue_data_pfx from pgq.queue
  union all
 select queue_data_pfx || '_' || n from pgq.queue cross join generate_series(0, queue_ntables - 1) n`
