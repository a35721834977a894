import pg from 'pg'
import { PgqError } from '../errors.ts'
import { tickLockClass } from '../postgres/advisory-locks.ts'
import { apply, bookkeeping } from './apply.ts'
import { type Component, compareVersions, readComponents } from './components.ts'
import { patiently } from './lock-patience.ts'
import { repair, useTransactionIds } from './repair.ts'
import { checkSchemaOwner, ensureMembership, ensureRoles } from './roles.ts'
import { savepoint } from './savepoint.ts'
import { type InstalledState, readState, readVersion, tickTriggerName } from './state.ts'

/** `auto` takes the PgQ that is there, else the extension where the server offers it, else our SQL. */
export type EngineChoice = 'auto' | 'sql' | 'extension'

/** These facts are known of the PgQ in a database. */
export interface EngineFacts {
  /** The engine answers `pgq.*`: upstream's PgQ or this project's SQL. */
  engine: 'EXTENSION' | 'SQL'
  /** The version is `unknown` where the engine does not say. */
  pgqVersion: string
  pgqCoopVersion: string
  postgresVersion: string
  /** This is false where the rights for the trigger on `pgq.tick` are missing: ticks are then found by polling. */
  hasTickTrigger: boolean
}

export interface InstallReport {
  facts: EngineFacts
  /** Each says what was done, such as `created the role pgq_reader`; there are none when all was there. */
  actions: string[]
  /** Says in the same way what was repaired. */
  repairs: string[]
  warnings: string[]
}

/** PostgreSQL 13 is the first that has gen_random_uuid without an extension. */
const oldestMajor = 13

export interface InstallOptions {
  engine: EngineChoice
  /** Undo everything at the end: the report tells what would be done and what it would result in. Default false. */
  dryRun?: boolean
  /** Repair what a dump leaves wrong when it is restored into another server. Default false. */
  repair?: boolean
  /** Is called with a sentence when the installation begins to wait for others, and again when these are others. */
  onWait?: (sentence: string) => void
}

/**
 * Puts in place what is missing, in one transaction, and reports what is there. A `pgq` schema that this project did not
 * make stays as it is, but for a trigger on `pgq.tick`. Where nothing is missing nothing is locked or written.
 *
 * A dry run takes the same locks. A repair that needs more transaction ids than the server has given out uses up as many
 * before.
 *
 * @throws PgqError `BAD_INPUT` when the choice contradicts what is there, the database is newer than this package, or
 *   PostgreSQL is older than 13; `FORBIDDEN` when the login lacks a right that the installation needs, or schema
 *   `pgq_gateway` is somebody else's; `UNAVAILABLE` when an open transaction is in the way of a repair.
 */
export async function installEngine(client: pg.ClientBase, options: InstallOptions): Promise<InstallReport> {
  const components = await readComponents()
  const state = await readState(client)
  checkPostgres(state)
  checkChoice(state, options.engine)
  if (!options.repair && isComplete(state, components)) {
    return { facts: await factsOf(client, state), actions: [], repairs: [], warnings: warningsOf(state) }
  }
  const waiting = { client, onWait: options.onWait }
  const first = await patiently(waiting, () => installOnce(client, options, components))
  if (first.missingTransactionIds === 0) return first.report
  await useTransactionIds(client, first.missingTransactionIds)
  const second = await patiently(waiting, () => installOnce(client, options, components))
  if (second.missingTransactionIds === 0) return second.report
  throw new PgqError(
    'UNAVAILABLE',
    'The ticks need transaction ids that are older than every open transaction of the server, and one is too old. End it, and ' +
      'repair again. It is the first of: select * from pg_stat_activity order by age(backend_xid) desc nulls last, ' +
      'or one of pg_prepared_xacts',
  )
}

/** Does it all in a transaction, which is undone where transaction ids are missing. */
async function installOnce(
  client: pg.ClientBase,
  options: InstallOptions,
  components: Component[],
): Promise<{ report: InstallReport; missingTransactionIds: number }> {
  const { dryRun = false } = options
  await client.query('begin isolation level read committed')
  try {
    const report = await install(client, options.engine, components)
    const repaired = options.repair ? await repair(client, { dryRun }) : nothingToRepair
    const isUndone = dryRun || repaired.missingTransactionIds > 0
    await client.query(isUndone ? 'rollback' : 'commit')
    return {
      report: { ...report, repairs: repaired.actions },
      missingTransactionIds: repaired.missingTransactionIds,
    }
  } catch (error) {
    await client.query('rollback').catch(() => {})
    if (error instanceof pg.DatabaseError && error.code === '42501') {
      const message = `The login lacks a right that the installation needs: ${error.message}.`
      throw new PgqError('FORBIDDEN', message, { sqlstate: error.code, cause: error })
    }
    if (error instanceof pg.DatabaseError && error.code === '53200' && options.repair) {
      const message =
        'The server cannot lock the tables of all queues at once: raise max_locks_per_transaction, as for the dump.'
      throw new PgqError('LIMIT_EXCEEDED', message, { sqlstate: error.code, cause: error })
    }
    throw error
  }
}

const nothingToRepair = { actions: [], missingTransactionIds: 0 }

/** Says whether PgQ and what the gateway adds are there at all. */
export async function isInstalled(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ isInstalled: boolean }>(
    `select to_regclass('pgq.queue') is not null and to_regclass('pgq_gateway.lease') is not null
        and to_regnamespace('pgq_coop') is not null as "isInstalled"`,
  )
  return rows[0]?.isInstalled ?? false
}

/** Reads what is there. @throws PgqError `BAD_INPUT` where schema `pgq` is missing. */
export async function readFacts(client: pg.ClientBase): Promise<EngineFacts> {
  return factsOf(client, await readState(client))
}

async function factsOf(client: pg.ClientBase, state: InstalledState): Promise<EngineFacts> {
  if (state.origins.pgq === 'absent') throw new PgqError('BAD_INPUT', 'This database has no PgQ.')
  return {
    engine: state.origins.pgq === 'ours' ? 'SQL' : 'EXTENSION',
    pgqVersion: await readVersion(client, 'pgq'),
    pgqCoopVersion: await readVersion(client, 'pgq_coop'),
    postgresVersion: state.postgresVersion,
    hasTickTrigger: state.tickTrigger === 'present',
  }
}

/** Returns the components whose SQL must run, because they are missing or ours with another text. */
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
    // A login that could grant itself the roles did so at installation; to try again would only warn again.
    state.installed.size > 0
  )
}

function warningsOf(state: InstalledState): string[] {
  const warnings: string[] = []
  if (state.tickTrigger === 'forbidden') {
    warnings.push(
      `the login ${state.login} may not create a trigger on pgq.tick, so ticks are found by polling; as its owner run: ${createTickTrigger}`,
    )
  }
  if (state.missingRoles.length > 0 && !state.isSuperuser) {
    warnings.push(
      `the login ${state.login} cannot act as ${state.missingRoles.join(', ')}, so calls that need it are refused; ` +
        `ask an administrator for: grant pgq_admin to ${state.login}`,
    )
  }
  if (state.origins.pgq === 'foreign') {
    warnings.push('schema pgq was made neither by the extension nor by this package; it is used as it is')
  }
  return warnings
}

/** Refuses versions on which our SQL does not run. @throws PgqError `BAD_INPUT`. */
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
      'Engine extension was asked for, but the schema pgq of this database does not come from it; use engine auto.',
    )
  }
  if (choice === 'extension' && pgq === 'absent' && !state.offersExtension) {
    throw new PgqError(
      'BAD_INPUT',
      'Engine extension was asked for, but this server does not offer the extension pgq.',
    )
  }
}

async function checkMayCreate(client: pg.ClientBase, { login }: InstalledState): Promise<void> {
  const { rows } = await client.query<{ database: string; mayCreate: boolean }>(
    `select format('%I', current_database()) as database, has_database_privilege(current_database(), 'create') as "mayCreate"`,
  )
  const [row] = rows
  if (!row || row.mayCreate) return
  throw new PgqError(
    'FORBIDDEN',
    `The login ${login} may not create schemas in this database. Ask its owner for: grant create on database ${row.database} to ${login}.`,
  )
}

const createTickTrigger =
  `create trigger ${tickTriggerName} after insert on pgq.tick ` +
  'for each row execute function pgq_gateway.notify_tick()'

/** Installs in the transaction of its caller. */
async function install(
  client: pg.ClientBase,
  choice: EngineChoice,
  components: Component[],
): Promise<Omit<InstallReport, 'repairs'>> {
  const actions: string[] = []
  const warnings: string[] = []
  await client.query(
    `set local lock_timeout = '30s'; set local client_min_messages = warning;
     select pg_advisory_xact_lock(${tickLockClass}, 0)`,
  )
  let state = await readState(client)
  checkChoice(state, choice)
  await checkMayCreate(client, state)
  await checkSchemaOwner(client)
  if (state.origins.pgq === 'absent' && choice !== 'sql' && state.offersExtension) {
    const failure = await savepoint(client, 'create extension pgq')
    if (failure && choice === 'extension') throw failure
    if (failure) warnings.push(`the extension pgq could not be created, our SQL is used: ${failure.message}`)
    else actions.push('created the extension pgq')
    state = await readState(client)
  }

  await client.query(
    `set local search_path = pg_catalog, pg_temp; set local check_function_bodies = off; set local lock_timeout = '1s'`,
  )
  if (state.origins.pgq === 'absent') {
    for (const role of await ensureRoles(client)) actions.push(`created the role ${role}`)
  }
  await client.query(bookkeeping)
  for (const component of outdated(state, components)) {
    actions.push(...(await apply(client, component, state.installed.get(component.name)?.version)))
  }
  if (state.tickTrigger === 'missing') {
    await client.query(createTickTrigger)
    actions.push('created the trigger on pgq.tick')
  }
  if (await ensureMembership(client, await readState(client)))
    actions.push(`granted pgq_admin to ${state.login}`)
  const final = await readState(client)
  return { facts: await factsOf(client, final), actions, warnings: [...warnings, ...warningsOf(final)] }
}
