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
    if (failure?.code === '42501') {
      throw new PgqError(
        'FORBIDDEN',
        `Role ${role} is missing and this login may not create it. Ask an administrator for: create role pgq_reader; ` +
          'create role pgq_writer; create role pgq_admin in role pgq_reader, pgq_writer; grant pgq_admin to this login.',
        { cause: failure },
      )
    }
    if (failure && !raceSqlstates.includes(failure.code ?? '')) throw failure
    if (!failure) created.push(role)
  }
  for (const role of ['pgq_reader', 'pgq_writer']) {
    for (let attempt = 0; !(await isAdminMemberOf(client, role)); attempt++) {
      const failure = await savepoint(client, `grant ${role} to pgq_admin`)
      if (failure?.code === '42501') {
        throw new PgqError(
          'FORBIDDEN',
          `Role pgq_admin is not a member of ${role}. Ask an administrator for: grant ${role} to pgq_admin.`,
          { cause: failure },
        )
      }
      if (failure && (attempt === 3 || !raceSqlstates.includes(failure.code ?? ''))) throw failure
    }
  }
  return created
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
