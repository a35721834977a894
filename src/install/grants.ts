import type pg from 'pg'
import { type Component, granteesOf } from './components.ts'

/**
 * Gives the roles of PgQ those rights on a component's views and functions that their files tell. Others are withdrawn,
 * because `create or replace` keeps the rights of an older version; what an operator gave to other roles stays.
 */
export async function grantObjects(client: pg.ClientBase, component: Component): Promise<void> {
  const files = [...component.views, ...component.functions]
  const { rows } = await client.query<{ sql: string }>(
    `select format('revoke all on %s from public, pgq_reader, pgq_writer, pgq_admin;', object)
              || coalesce(format('grant %s on %s to ', privilege, object) || grantees, '') as sql
       from unnest($2::text[], $3::text[]) file (name, grantees)
      cross join lateral (
            select 'execute', 'routine ' || oid::regprocedure
              from pg_proc where pronamespace = $1::regnamespace and proname = name
             union all
            select 'select', 'table ' || oid::regclass
              from pg_class where relnamespace = $1::regnamespace and relname = name) made (privilege, object)`,
    [component.name, files.map(({ name }) => name), files.map(granteesOf)],
  )
  await client.query(rows.map(({ sql }) => sql).join(';\n'))
}
