import type pg from 'pg'
import { PgqError } from '../errors.ts'
import { type ComponentName, componentNames } from './components.ts'

/** Who made a schema: this project's installer, `create extension`, somebody else, or nobody yet. */
export type Origin = 'ours' | 'extension' | 'foreign' | 'absent'

/** What a database holds, read without a lock and without special rights. */
export interface InstalledState {
  postgresVersion: string
  postgresMajor: number
  login: string
  isSuperuser: boolean
  origins: Record<ComponentName, Origin>
  /** Of the components that are ours. */
  installed: Map<string, { version: string; checksum: string }>
  offersExtension: boolean
  tickTrigger: 'present' | 'missing' | 'forbidden'
  /** Roles of PgQ that the login cannot act as. */
  missingRoles: string[]
}

export const tickTriggerName = 'pgq_gateway_tick'

interface StateRow {
  postgres_version: string
  postgres_major: number
  login: string
  is_superuser: boolean
  schemas: string[]
  extensions: string[]
  has_installed: boolean
  may_read_installed: boolean
  offers_extension: boolean
  has_trigger: boolean
  may_trigger: boolean
}

export async function readState(client: pg.ClientBase): Promise<InstalledState> {
  const { rows } = await client.query<StateRow>(
    `select current_setting('server_version') as postgres_version,
            current_setting('server_version_num')::int / 10000 as postgres_major,
            current_user::text as login,
            (select rolsuper from pg_roles where rolname = current_user) as is_superuser,
            array(select nspname::text from pg_namespace where nspname = any ($1)) as schemas,
            array(select extname::text from pg_extension where extname = any ($1)) as extensions,
            to_regclass('pgq_gateway.installed') is not null as has_installed,
            case when to_regclass('pgq_gateway.installed') is null then false
                 else has_table_privilege('pgq_gateway.installed', 'select') end as may_read_installed,
            exists (select 1 from pg_available_extensions where name = 'pgq') as offers_extension,
            exists (select 1 from pg_trigger
                     where tgrelid = to_regclass('pgq.tick') and tgname = $2 and tgenabled in ('O', 'A')) as has_trigger,
            case when to_regclass('pgq.tick') is null then true
                 else has_table_privilege('pgq.tick', 'trigger') end as may_trigger`,
    [componentNames, tickTriggerName],
  )
  const row = rows[0]
  if (!row) throw new PgqError('INTERNAL', 'The server gave no answer about its state.')
  if (row.has_installed && !row.may_read_installed) {
    throw new PgqError('FORBIDDEN', `The login ${row.login} may not read pgq_gateway.installed.`)
  }
  const installed = row.has_installed ? await readInstalled(client) : new Map()
  const originOf = (name: ComponentName): Origin => {
    if (row.extensions.includes(name)) return 'extension'
    if (installed.has(name)) return 'ours'
    // The schema alone may come from an administrator who let the login own it.
    if (name === 'pgq_gateway') return 'ours'
    return row.schemas.includes(name) ? 'foreign' : 'absent'
  }
  return {
    postgresVersion: row.postgres_version,
    postgresMajor: row.postgres_major,
    login: row.login,
    isSuperuser: row.is_superuser,
    origins: {
      pgq: originOf('pgq'),
      pgq_coop: originOf('pgq_coop'),
      pgq_ext: originOf('pgq_ext'),
      pgq_gateway: originOf('pgq_gateway'),
    },
    installed,
    offersExtension: row.offers_extension,
    tickTrigger: row.has_trigger ? 'present' : row.may_trigger ? 'missing' : 'forbidden',
    missingRoles: await readMissingRoles(client, row.postgres_major),
  }
}

async function readInstalled(client: pg.ClientBase): Promise<InstalledState['installed']> {
  const { rows } = await client.query<{ component: string; version: string; checksum: string }>(
    'select component, version, checksum from pgq_gateway.installed',
  )
  return new Map(rows.map(({ component, version, checksum }) => [component, { version, checksum }]))
}

/** Roles that the login cannot `set role` to; a role that does not exist is among them. */
async function readMissingRoles(client: pg.ClientBase, postgresMajor: number): Promise<string[]> {
  const privilege = postgresMajor >= 16 ? 'set' : 'member'
  const { rows } = await client.query<{ name: string }>(
    `select name from unnest(array['pgq_reader', 'pgq_writer', 'pgq_admin']) name
      where not exists (select 1 from pg_roles where rolname = name and pg_has_role(current_user, oid, $1))`,
    [privilege],
  )
  return rows.map(({ name }) => name)
}

/** The answer of `pgq.version()` or `pgq_coop.version()`, `unknown` where it is null or not to be had. */
export async function readVersion(client: pg.ClientBase, schema: 'pgq' | 'pgq_coop'): Promise<string> {
  const { rows } = await client.query<{ exists: boolean }>(
    `select to_regprocedure($1 || '.version()') is not null as exists`,
    [schema],
  )
  if (!rows[0]?.exists) return 'unknown'
  const answer = await client.query<{ version: string | null }>(`select ${schema}.version() as version`)
  return answer.rows[0]?.version ?? 'unknown'
}
