import type { Logger } from 'pino'
import type { DatabaseEntry } from '../config/databases.ts'
import type { Config } from '../config/shape.ts'
import { findEmbeddedServer, startEmbeddedServer } from '../embedded/embedded-server.ts'
import { installEngine } from '../install/install.ts'
import { connectionTarget, describeTarget } from '../postgres/connection-target.ts'
import { reasonOf } from '../reason.ts'
import { CliError, connect } from './connect.ts'
import { eachDatabase, throwFailures } from './each-database.ts'
import { shutdownSignal } from './shutdown.ts'
import { printable } from './table.ts'
import { directUrlOf, embeddedDatabase, givenDatabases } from './targets.ts'

interface Given {
  /** Names of databases; none for all. */
  only: readonly string[]
  dryRun: boolean
  repair: boolean
}

/**
 * Puts PgQ in place in all databases and prints what it changed. The embedded server is used if no database is named; where
 * it does not run, it is started for this, unless nothing is to be changed.
 *
 * @param given.dryRun Print what an installation would change, and change nothing.
 * @param given.repair Repair what a restored dump leaves wrong, too.
 */
export async function install(config: Config, logger: Logger, given: Given): Promise<void> {
  const databases = givenDatabases(config, given.only)
  if (databases.length > 0) return installAll(databases, config, logger, given)
  const running = await findEmbeddedServer(config.dataDirectory)
  if (running !== null) return installAll([embeddedDatabase(running)], config, logger, given)
  if (given.dryRun) {
    throw new CliError(
      `No embedded server runs in ${config.dataDirectory}, and --dry-run starts none. Name a database with --database-url.`,
    )
  }
  // The first Ctrl-C waits for the end, which is near, so that no server is left behind.
  shutdownSignal(logger)
  const embedded = await startEmbeddedServer({ dataDirectory: config.dataDirectory, logger })
  try {
    await installAll([embeddedDatabase(embedded.connectionString)], config, logger, given)
  } finally {
    await embedded.stop()
  }
}

/** Installs into each database, and begins lines with its name where there are several. */
async function installAll(
  databases: readonly DatabaseEntry[],
  config: Config,
  logger: Logger,
  given: Given,
): Promise<void> {
  const isOne = databases.length === 1
  const outcomes = await eachDatabase(databases, logger, async (database) => {
    const prefix = isOne ? '' : `${printable(database.name)}: `
    const log = (level: 'info' | 'warn', sentence: string) => logger[level](`${prefix}${sentence}`)
    const lines = await installInto(database, config, log, given)
    for (const line of lines) console.log(`${prefix}${line}`)
  })
  throwFailures(outcomes)
}

/** @returns Lines that say what was done. */
async function installInto(
  database: DatabaseEntry,
  config: Config,
  log: (level: 'info' | 'warn', sentence: string) => void,
  { dryRun, repair }: Given,
): Promise<string[]> {
  const url = directUrlOf(database)
  log('info', `Connecting to ${describeTarget(connectionTarget(url))}`)
  const { client } = await connect(url, 'install')
  try {
    const onWait = (sentence: string) => log('info', sentence)
    const report = await installEngine(client, {
      engine: database.engine ?? config.engine,
      dryRun,
      repair,
      onWait,
    })
    const { facts, repairs, warnings } = report
    const actions = [...report.actions, ...repairs]
    const isPlan = dryRun && actions.length > 0
    for (const warning of warnings) log('warn', warning)
    const nothingToRepair = repair && repairs.length === 0 ? ['Nothing to repair.'] : []
    if (isPlan) {
      const plan = actions.map((action) => `  ${action}`)
      return ['Nothing was changed. An installation would have:', ...plan, ...nothingToRepair]
    }
    const nothingToDo = actions.length === 0 && !repair ? ['Nothing to do.'] : []
    const engineName = facts.engine === 'SQL' ? 'this project’s SQL' : 'the upstream extension'
    const summary =
      `PgQ ${facts.pgqVersion} (${engineName}), pgq_coop ${facts.pgqCoopVersion}, PostgreSQL ${facts.postgresVersion}, ` +
      `schema revision ${facts.schemaRevision}.`
    return [...actions, ...nothingToRepair, ...nothingToDo, summary]
  } catch (error) {
    throw new CliError(`Nothing was installed: ${reasonOf(error)}`, { cause: error })
  } finally {
    await client.end()
  }
}
