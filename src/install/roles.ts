import type pg from 'pg'
import { PgqError } from '../errors.ts'
import { savepoint } from './savepoint.ts'
import type { InstalledState } from './state.ts'

const roleNames = ['pgq_reader', 'pgq_writer', 'pgq_admin'] as const

// Roles belong to the whole cluster, so an installer in another database can create them at the same moment.
const raceSqlstates = ['42710', '23505', 'XX000']

/** Creates the roles that are missing and makes pgq_admin a member of the other two. @returns The names of new ones. */
export async function ensureRoles(client: pg.ClientBase): Promise<string[]> {
  const created: string[] = []
  const { rows } = await client.query<{ rolname: string }>(
    'select rolname from pg_roles where rolname = any ($1)',
    [roleNames],
  )
  for (const role of roleNames) {
    if (rows.some(({ rolname }) => rolname === role)) continue
    const failure = await savepoint(client, `create role ${role} nologin`)
    if (failure?.code === '42501') throw await roleIsMissing(client, `Role ${role} is missing`, failure)
    if (failure && !raceSqlstates.includes(failure.code ?? '')) throw failure
    if (!failure) created.push(role)
  }
  for (const role of ['pgq_reader', 'pgq_writer']) {
    for (let attempt = 0; !(await isAdminMemberOf(client, role)); attempt++) {
      const failure = await savepoint(client, `grant ${role} to pgq_admin`)
      if (failure?.code === '42501')
        throw await roleIsMissing(client, `Role pgq_admin is not a member of ${role}`, failure)
      if (failure && (attempt === 3 || !raceSqlstates.includes(failure.code ?? ''))) throw failure
    }
  }
  return created
}

/** Makes the error of a login that may not create roles, with all SQL that an administrator has to run for it. */
async function roleIsMissing(client: pg.ClientBase, what: string, cause: Error): Promise<PgqError> {
  const { rows } = await client.query<{ login: string; sql: string }>(missingRolesQuery, [roleNames])
  const { login = '', sql = '' } = rows[0] ?? {}
  const message = `${what}, and the login ${login} may not see to it. Ask an administrator for: ${sql}.`
  return new PgqError('FORBIDDEN', message, { cause })
}

const missingRolesQuery = `
  with present as (select oid, rolname from pg_roles where rolname = any ($1)),
       wanted (step, sql) as (
         select 1, format('create role %I nologin', name) from unnest($1::text[]) name
          where name not in (select rolname from present)
          union all
         select 2, format('grant %I to pgq_admin', name) from unnest($1::text[]) name
          where name <> 'pgq_admin'
            and not exists (select from pg_auth_members m
                              join present r on r.oid = m.roleid and r.rolname = name
                              join present a on a.oid = m.member and a.rolname = 'pgq_admin')
          union all
         select 3, format('grant pgq_admin to %I', current_user)
          where not exists (select from present where rolname = 'pgq_admin' and pg_has_role(oid, 'member')))
  select current_user::text as login, string_agg(sql, '; ' order by step, sql) as sql from wanted`

/**
 * Checks that the roles of PgQ are no more than that: they were there before, perhaps, and made by somebody else.
 *
 * @throws PgqError `FORBIDDEN` where one is a superuser, or has another right over the whole server.
 */
export async function checkRoles(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ role: string; attributes: string }>(
    `select r.rolname as role, string_agg(a.name, ' ' order by a.name) as attributes
       from pg_roles r
      cross join lateral (values ('superuser', r.rolsuper), ('createrole', r.rolcreaterole), ('createdb', r.rolcreatedb),
                                 ('replication', r.rolreplication), ('bypassrls', r.rolbypassrls)) a (name, has)
      where r.rolname = any ($1) and a.has
      group by r.rolname
      order by r.rolname`,
    [roleNames],
  )
  const [row] = rows
  if (!row) return
  const remedy = row.attributes.replaceAll(/\b(?=[a-z])/g, 'no')
  throw new PgqError(
    'FORBIDDEN',
    `Role ${row.role} may do more than PgQ needs (${row.attributes}), so that it bounds nothing. Ask an administrator for: alter role ${row.role} ${remedy}.`,
  )
}

/** Names those who may make themselves members of the roles of PgQ, and what else its roles are members of. */
export async function readRoleWarnings(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ warning: string }>(
    `select format('%s may make any role a member of %s (admin option)', m.member::regrole, string_agg(r.rolname, ', ' order by r.rolname)) as warning
       from pg_auth_members m
       join pg_roles r on r.oid = m.roleid
       join pg_roles a on a.oid = m.member
      where r.rolname = any ($1) and m.admin_option and not a.rolsuper and a.rolname <> current_user
      group by m.member
      union all
     select format('role %s is a member of %s, and so may do more than PgQ needs', a.rolname, m.roleid::regrole)
       from pg_auth_members m
       join pg_roles a on a.oid = m.member
       join pg_roles r on r.oid = m.roleid
      where a.rolname = any ($1) and not (a.rolname = 'pgq_admin' and r.rolname in ('pgq_reader', 'pgq_writer'))
      order by 1`,
    [roleNames],
  )
  return rows.map(({ warning }) => warning)
}

async function isAdminMemberOf(client: pg.ClientBase, role: string): Promise<boolean> {
  const { rows } = await client.query(
    `select 1 from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles a on a.oid = m.member
      where r.rolname = $1 and a.rolname = 'pgq_admin'`,
    [role],
  )
  return rows.length > 0
}

/**
 * Makes the login a member of pgq_admin, and so of all three, where it cannot act as one of them: a login that created a
 * role without being superuser may grant it, but cannot use it yet.
 *
 * @returns Whether it has become one. The state then still names the missing roles as a warning where it has not.
 */
export async function ensureMembership(client: pg.ClientBase, state: InstalledState): Promise<boolean> {
  if (state.isSuperuser || state.missingRoles.length === 0) return false
  const failure = await savepoint(client, 'grant pgq_admin to current_user')
  if (failure && failure.code !== '42501') throw failure
  return !failure
}
