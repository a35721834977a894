import pg from 'pg'
import { PgqError } from '../errors.ts'
import {
  type Component,
  compareVersions,
  readComponents,
  readUpgrades,
  type UpgradeFile,
} from './components.ts'
import { dropUnchanged, readFunctions, replaceFunction } from './functions.ts'
import { ensureMembership, ensureRoles, membershipWarning } from './roles.ts'
import { savepoint } from './savepoint.ts'
import { type InstalledState, readState, readVersion, tickTriggerName } from './state.ts'

/** `auto`: PgQ that is there, else the extension where the server offers it, else our SQL. */
export type EngineChoice = 'auto' | 'sql' | 'extension'

/** What is known of the PgQ in a database. */
export interface EngineFacts {
  /** Who answers `pgq.*`: upstream's PgQ or this project's SQL. */
  engine: 'EXTENSION' | 'SQL'
  /** `unknown` where the engine does not say. */
  pgqVersion: string
  pgqCoopVersion: string
  postgresVersion: string
  /** False where the rights for the trigger on `pgq.tick` are missing: ticks are then found by polling. */
  hasTickTrigger: boolean
}

export interface InstallReport {
  facts: EngineFacts
  /** What was changed, a sentence each; empty when all was there. */
  actions: string[]
  warnings: string[]
}

// Class and object of the advisory lock; the ticker's are the same class with a queue id.
const installLock = '1885827444, 0'
/** Of PostgreSQL. Before it there is no gen_random_uuid without an extension. */
const oldestMajor = 13

/**
 * Puts in place what is missing, in one transaction, and reports what is there. A `pgq` schema that this project did not
 * make stays as it is, but for a trigger on `pgq.tick`. Where nothing is missing nothing is locked or written.
 *
 * @throws PgqError `BAD_INPUT` when the choice contradicts what is there, the database is newer than this package, or
 *   PostgreSQL is older than 13; `FORBIDDEN` when the login lacks a right that the installation needs.
 */
export async function installEngine(
  client: pg.ClientBase,
  options: { engine: EngineChoice },
): Promise<InstallReport> {
  const components = (await readComponents()).filter((component) => component.files.length > 0)
  const state = await readState(client)
  checkPostgres(state)
  checkChoice(state, options.engine)
  const report = { actions: [], warnings: warningsOf(state) }
  if (isComplete(state, components)) return { facts: await readFacts(client), ...report }
  return install(client, options.engine, components)
}

/** What is there. @throws PgqError `BAD_INPUT` where schema `pgq` is missing. */
export async function readFacts(client: pg.ClientBase): Promise<EngineFacts> {
  const state = await readState(client)
  if (state.origins.pgq === 'absent') throw new PgqError('BAD_INPUT', 'This database has no PgQ.')
  return {
    engine: state.origins.pgq === 'ours' ? 'SQL' : 'EXTENSION',
    pgqVersion: await readVersion(client, 'pgq'),
    pgqCoopVersion: await readVersion(client, 'pgq_coop'),
    postgresVersion: state.postgresVersion,
    hasTickTrigger: state.tickTrigger === 'present',
  }
}

/** Components whose SQL must run, because they are missing or ours with another text. */
function outdated(state: InstalledState, components: Component[]): Component[] {
  return components.filter(({ name, version, checksum }) => {
    const origin = state.origins[name]
    if (origin === 'extension' || origin === 'foreign') return false
    const installed = state.installed.get(name)
    if (installed?.checksum === checksum) return false
    if (installed && compareVersions(installed.version, version) > 0) {
      throw new PgqError(
        'BAD_INPUT',
        `Schema ${name} is of version ${installed.version}, this package is of ${version}: use the newer package.`,
      )
    }
    return true
  })
}

function isComplete(state: InstalledState, components: Component[]): boolean {
  return (
    outdated(state, components).length === 0 &&
    state.tickTrigger !== 'missing' &&
    // Who could grant the roles has granted them at installation; trying again would only warn again.
    state.installed.size > 0
  )
}

function warningsOf(state: InstalledState): string[] {
  const warnings: string[] = []
  if (state.tickTrigger === 'forbidden') {
    warnings.push(
      `the login ${state.login} may not create a trigger on pgq.tick, so ticks are found by polling; as its owner run: ` +
        `create trigger ${tickTriggerName} after insert on pgq.tick for each row execute function pgq_gateway.notify_tick()`,
    )
  }
  if (state.missingRoles.length > 0 && !state.isSuperuser) warnings.push(membershipWarning(state))
  if (state.origins.pgq === 'foreign') {
    warnings.push('schema pgq was made neither by the extension nor by this package; it is used as it is')
  }
  return warnings
}

/** @throws PgqError `BAD_INPUT` for a version on which our SQL does not run. */
export function checkPostgres(state: Pick<InstalledState, 'postgresVersion' | 'postgresMajor'>): void {
  if (state.postgresMajor >= oldestMajor) return
  const message = `This server is PostgreSQL ${state.postgresVersion}; version ${oldestMajor} or later is needed.`
  throw new PgqError('BAD_INPUT', message)
}

function checkChoice(state: InstalledState, choice: EngineChoice): void {
  const { pgq } = state.origins
  if (choice === 'sql' && (pgq === 'extension' || pgq === 'foreign')) {
    throw new PgqError(
      'BAD_INPUT',
      'Engine sql was asked for, but this database has a schema pgq that this package did not make; use engine auto.',
    )
  }
  if (choice === 'extension' && (pgq === 'ours' || pgq === 'foreign')) {
    throw new PgqError(
      'BAD_INPUT',
      'Engine extension was asked for, but this database has a schema pgq that is not of the extension; use engine auto.',
    )
  }
  if (choice === 'extension' && pgq === 'absent' && !state.offersExtension) {
    throw new PgqError(
      'BAD_INPUT',
      'Engine extension was asked for, but this server does not offer the extension pgq.',
    )
  }
}

async function install(
  client: pg.ClientBase,
  choice: EngineChoice,
  components: Component[],
): Promise<InstallReport> {
  const actions: string[] = []
  const warnings: string[] = []
  const upgrades = await readUpgrades()
  await client.query('begin isolation level read committed')
  try {
    await client.query(`set local lock_timeout = '30s'; select pg_advisory_xact_lock(${installLock})`)
    await client.query('set local client_min_messages = warning')
    let state = await readState(client)
    checkChoice(state, choice)
    if (state.origins.pgq === 'absent' && choice !== 'sql' && state.offersExtension) {
      const failure = await savepoint(client, () => client.query('create extension pgq'))
      if (failure && choice === 'extension') throw failure
      if (failure)
        warnings.push(`the extension pgq could not be created, our SQL is used: ${failure.message}`)
      else actions.push('created the extension pgq')
      state = await readState(client)
    }

    await client.query('set local search_path = pg_catalog, pg_temp; set local check_function_bodies = off')
    if (state.origins.pgq === 'absent') {
      for (const role of await ensureRoles(client)) actions.push(`created the role ${role}`)
    }
    await client.query('create schema if not exists pgq_gateway')
    await client.query(
      `create table if not exists pgq_gateway.installed (component text primary key, version text not null,
         checksum text not null, installed_at timestamptz not null default now())`,
    )
    for (const component of outdated(state, components)) {
      actions.push(await apply(client, component, state.installed.get(component.name)?.version, upgrades))
    }
    if (await createTickTrigger(client)) actions.push('created the trigger on pgq.tick')
    await client.query(
      'grant usage on schema pgq_gateway to public; grant select on pgq_gateway.installed to public',
    )
    await ensureMembership(client, await readState(client))
    const final = await readState(client)
    const facts = await readFacts(client)
    await client.query('commit')
    return { facts, actions, warnings: [...warnings, ...warningsOf(final)] }
  } catch (error) {
    await client.query('rollback').catch(() => {})
    if (error instanceof pg.DatabaseError && error.code === '42501') {
      throw new PgqError(
        'FORBIDDEN',
        `The login lacks a right that the installation needs: ${error.message}.`,
        {
          sqlstate: error.code,
          cause: error,
        },
      )
    }
    throw error
  }
}

async function apply(
  client: pg.ClientBase,
  component: Component,
  installedVersion: string | undefined,
  upgrades: UpgradeFile[],
): Promise<string> {
  const { name, version, checksum } = component
  const needed = upgrades.filter(
    (file) =>
      file.component === name &&
      installedVersion !== undefined &&
      compareVersions(installedVersion, file.version) < 0,
  )
  // Of the other schemas some things may not be ours.
  const isOursAlone = name === 'pgq_gateway'
  const functionsBefore = isOursAlone ? await readFunctions(client) : []
  for (const file of [...needed, ...component.files]) {
    const isFunction = isOursAlone && file.name.startsWith('functions/')
    await (isFunction ? replaceFunction(client, file) : client.query(file.text)).catch((error: unknown) => {
      if (error instanceof pg.DatabaseError) error.message = `${name}/${file.name}: ${error.message}`
      throw error
    })
  }
  await dropUnchanged(client, functionsBefore)
  await client.query(
    `insert into pgq_gateway.installed (component, version, checksum) values ($1, $2, $3)
     on conflict (component) do update
        set version = excluded.version, checksum = excluded.checksum, installed_at = now()`,
    [name, version, checksum],
  )
  return installedVersion === undefined
    ? `installed schema ${name} ${version}`
    : `updated schema ${name} from ${installedVersion} to ${version}`
}

/** @returns Whether it was created; not where it is there, its function is missing, or the login has no right to. */
async function createTickTrigger(client: pg.ClientBase): Promise<boolean> {
  const { tickTrigger } = await readState(client)
  const { rows } = await client.query<{ exists: boolean }>(
    `select to_regprocedure('pgq_gateway.notify_tick()') is not null as exists`,
  )
  if (tickTrigger !== 'missing' || !rows[0]?.exists) return false
  await client.query(
    `create trigger ${tickTriggerName} after insert on pgq.tick
       for each row execute function pgq_gateway.notify_tick()`,
  )
  return true
}
