import type pg from 'pg'
import { PgqError } from '../errors.ts'
import { type ComponentName, componentNames } from './components.ts'
import { checkOwners } from './owners.ts'
import { readInstalledRevision, type SchemaRevision } from './revision.ts'

/** The origin says what made a schema: this project's installer, `create extension`, another program, or nothing yet. */
export type Origin = 'ours' | 'extension' | 'foreign' | 'absent'

/** Describes what a database holds. It is read without a lock and without special rights. */
export interface InstalledState {
  postgresVersion: string
  postgresMajor: number
  login: string
  isSuperuser: boolean
  origins: Record<ComponentName, Origin>
  /** These components are ours. */
  installed: Map<string, { version: string; checksum: string }>
  /** Null where nothing is installed, or by a build from before revisions. */
  revision: SchemaRevision | null
  offersExtension: boolean
  tickTrigger: 'present' | 'missing' | 'forbidden'
  /** The login cannot `set role` to these roles of PgQ; a role that does not exist is among them. */
  missingRoles: string[]
}

export const tickTriggerName = 'pgq_gateway_tick'

export const createTickTrigger =
  `create trigger ${tickTriggerName} after insert on pgq.tick ` +
  'for each row execute function pgq_gateway.notify_tick()'

interface StateRow extends Omit<InstalledState, 'origins' | 'installed' | 'revision'> {
  schemas: string[]
  extensions: string[]
  /** This is null where there is no such table. */
  mayReadInstalled: boolean | null
}

const stateQuery = `
  select current_setting('server_version') as "postgresVersion", major as "postgresMajor", current_user::text as login,
         (select rolsuper from pg_roles where rolname = current_user) as "isSuperuser",
         array(select nspname::text from pg_namespace where nspname = any ($1)) as schemas,
         array(select extname::text from pg_extension where extname = any ($1)) as extensions,
         has_table_privilege(to_regclass('pgq_gateway.installed'), 'select') as "mayReadInstalled",
         exists (select from pg_available_extensions where name = 'pgq') as "offersExtension",
         case when exists (select from pg_trigger
                            where tgrelid = to_regclass('pgq.tick') and tgname = $2 and tgenabled in ('O', 'A')) then 'present'
              when coalesce(has_table_privilege(to_regclass('pgq.tick'), 'trigger'), true) then 'missing'
              else 'forbidden' end as "tickTrigger",
         array(select name from unnest(array['pgq_reader', 'pgq_writer', 'pgq_admin']) name
                where not exists (select from pg_roles
                                   where rolname = name
                                     and pg_has_role(current_user, oid, case when major >= 16 then 'set' else 'member' end))
              ) as "missingRoles"
    from (select current_setting('server_version_num')::int / 10000 as major) server`

/** @throws PgqError `FORBIDDEN` as `checkOwners` does: what others own is not even read. */
export async function readState(client: pg.ClientBase): Promise<InstalledState> {
  await checkOwners(client)
  const { rows } = await client.query<StateRow>(stateQuery, [componentNames, tickTriggerName])
  const [row] = rows
  if (!row) throw new PgqError('INTERNAL', 'The server gave no answer about its state.')
  const { schemas, extensions, mayReadInstalled, ...facts } = row
  if (mayReadInstalled === false) {
    throw new PgqError('FORBIDDEN', `The login ${row.login} may not read pgq_gateway.installed.`)
  }
  const installed = mayReadInstalled ? await readInstalled(client) : new Map()
  const originOf = (name: ComponentName): Origin => {
    if (extensions.includes(name)) return 'extension'
    if (installed.has(name)) return 'ours'
    // The schema alone may come from an administrator who let the login own it.
    if (name === 'pgq_gateway') return 'ours'
    return schemas.includes(name) ? 'foreign' : 'absent'
  }
  const origins = {
    pgq: originOf('pgq'),
    pgq_coop: originOf('pgq_coop'),
    pgq_ext: originOf('pgq_ext'),
    pgq_gateway: originOf('pgq_gateway'),
  }
  return { ...facts, origins, installed, revision: await readInstalledRevision(client) }
}

async function readInstalled(client: pg.ClientBase): Promise<InstalledState['installed']> {
  const { rows } = await client.query<{ component: string; version: string; checksum: string }>(
    'select component, version, checksum from pgq_gateway.installed',
  )
  return new Map(rows.map(({ component, version, checksum }) => [component, { version, checksum }]))
}

/** Returns the answer of `pgq.version()` or `pgq_coop.version()`; `unknown` where it is null or there is none. */
export async function readVersion(client: pg.ClientBase, schema: 'pgq' | 'pgq_coop'): Promise<string> {
  const { rows } = await client.query<{ exists: boolean }>(
    `select to_regprocedure($1 || '.version()') is not null as exists`,
    [schema],
  )
  if (!rows[0]?.exists) return 'unknown'
  const answer = await client.query<{ version: string | null }>(`select ${schema}.version() as version`)
  return answer.rows[0]?.version ?? 'unknown'
}
