import pg from 'pg'
import { PgqError } from '../errors.ts'
import { tickLockClass } from '../postgres/advisory-locks.ts'
import { apply, bookkeeping } from './apply.ts'
import { type Component, readComponents } from './components.ts'
import { patiently } from './lock-patience.ts'
import { repair, useTransactionIds } from './repair.ts'
import {
  incompatibility,
  isOfNewerBuild,
  readInstalledRevision,
  readRevision,
  recordRevision,
  type SchemaRevision,
} from './revision.ts'
import { checkRoles, ensureMembership, ensureRoles, readRoleWarnings } from './roles.ts'
import { savepoint } from './savepoint.ts'
import { createTickTrigger, type InstalledState, readState, readVersion } from './state.ts'
import { warningsOf } from './warnings.ts'

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
  /** The revision of the schemas that this package adds; null where none is installed. */
  schemaRevision: number | null
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
 * make stays as it is, but for a trigger on `pgq.tick`. Where nothing is missing nothing is locked or written, nor where a
 * newer build has installed what this one works with.
 *
 * A dry run takes the same locks. A repair that needs more transaction ids than the server has given out uses up as many
 * before.
 *
 * @throws PgqError `BAD_INPUT` when the choice contradicts what is there, this package is too old for the database, or
 *   PostgreSQL is older than 13; `FORBIDDEN` when the login lacks a right that the installation needs, or
 *   somebody else owns what is there; `UNAVAILABLE` when an open transaction is in the way of a repair.
 */
export async function installEngine(client: pg.ClientBase, options: InstallOptions): Promise<InstallReport> {
  const build = { components: await readComponents(), revision: await readRevision() }
  const state = await readState(client)
  await checkRoles(client)
  checkPostgres(state)
  checkChoice(state, options.engine)
  if (!options.repair && isComplete(state, build)) {
    return { ...(await reportOf(client, state, build)), repairs: [] }
  }
  const waiting = { client, onWait: options.onWait }
  const first = await patiently(waiting, () => installOnce(client, options, build))
  if (first.missingTransactionIds === 0) return first.report
  await useTransactionIds(client, first.missingTransactionIds)
  const second = await patiently(waiting, () => installOnce(client, options, build))
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
  build: Build,
): Promise<{ report: InstallReport; missingTransactionIds: number }> {
  const { dryRun = false } = options
  await client.query('begin isolation level read committed')
  try {
    const report = await install(client, options.engine, build)
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

/** Says why this build cannot work with the database any more; null where it can. */
export async function findObstacle(client: pg.ClientBase): Promise<string | null> {
  const { rows } = await client.query<{ isInstalled: boolean }>(
    `select to_regclass('pgq.queue') is not null and to_regclass('pgq_gateway.lease') is not null
        and to_regnamespace('pgq_coop') is not null as "isInstalled"`,
  )
  if (!rows[0]?.isInstalled) return 'The database has lost PgQ, which is put in place again.'
  return incompatibility(await readInstalledRevision(client), await readRevision())
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
    schemaRevision: state.revision?.number ?? null,
    hasTickTrigger: state.tickTrigger === 'present',
  }
}

/** The SQL of this package, and the number that it goes by. */
interface Build {
  components: Component[]
  revision: SchemaRevision
}

/** Returns the components whose SQL must run, because they are missing or ours with another text. */
function outdated(state: InstalledState, components: Component[]): Component[] {
  return components.filter(({ name, checksum }) => {
    const origin = state.origins[name]
    if (origin === 'extension' || origin === 'foreign') return false
    return state.installed.get(name)?.checksum !== checksum
  })
}

/**
 * Says whether this build has nothing to install. Roles that the login cannot act as do not count: a login that could
 * grant them to itself did so at the installation.
 *
 * @throws PgqError `BAD_INPUT` where a newer build has installed what this one does not work with.
 */
function isComplete(state: InstalledState, { components, revision }: Build): boolean {
  if (isOfNewerBuild(state.revision, revision)) return true
  return (
    outdated(state, components).length === 0 &&
    state.revision?.number === revision.number &&
    state.tickTrigger !== 'missing'
  )
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

/** Installs in the transaction of its caller. */
async function install(client: pg.ClientBase, choice: EngineChoice, build: Build): Promise<Report> {
  const actions: string[] = []
  const warnings: string[] = []
  await client.query(
    `set local lock_timeout = '30s'; set local client_min_messages = warning;
     select pg_advisory_xact_lock(${tickLockClass}, 0)`,
  )
  let state = await readState(client)
  if (isComplete(state, build)) return reportOf(client, state, build)
  checkChoice(state, choice)
  await checkMayCreate(client, state)
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
  for (const component of outdated(state, build.components)) {
    actions.push(...(await apply(client, component, state.installed.get(component.name)?.version)))
  }
  actions.push(...(await recordRevision(client, state.revision, build.revision)))
  if (state.tickTrigger === 'missing') {
    await client.query(createTickTrigger)
    actions.push('created the trigger on pgq.tick')
  }
  if (await ensureMembership(client, await readState(client)))
    actions.push(`granted pgq_admin to ${state.login}`)
  const report = await reportOf(client, await readState(client), build)
  return { ...report, actions, warnings: [...warnings, ...report.warnings] }
}

type Report = Omit<InstallReport, 'repairs'>

/** Reports what is there. */
async function reportOf(client: pg.ClientBase, state: InstalledState, { revision }: Build): Promise<Report> {
  return {
    facts: await factsOf(client, state),
    actions: [],
    warnings: [...warningsOf(state, revision), ...(await readRoleWarnings(client))],
  }
}
