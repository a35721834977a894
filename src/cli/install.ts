import type { Logger } from 'pino'
import type { Config } from '../config/shape.ts'
import { findEmbeddedServer, startEmbeddedServer } from '../embedded/embedded-server.ts'
import { installEngine } from '../install/install.ts'
import { connectionTarget, describeTarget } from '../postgres/connection-target.ts'
import { reasonOf } from '../reason.ts'
import { CliError, connect } from './connect.ts'
import { shutdownSignal } from './shutdown.ts'

interface Given {
  dryRun: boolean
  repair: boolean
}

/**
 * Puts PgQ in place and prints what it changed. The embedded server is used if no database is named; where it does
 * not run, it is started for this, unless nothing is to be changed.
 *
 * @param given.dryRun Print what an installation would change, and change nothing.
 * @param given.repair Repair what a restored dump leaves wrong, too.
 */
export async function install(config: Config, logger: Logger, given: Given): Promise<void> {
  const running = config.databaseUrl ?? (await findEmbeddedServer(config.dataDirectory))
  if (running !== null) return installInto(running, config, logger, given)
  if (given.dryRun) {
    throw new CliError(
      `No embedded server runs in ${config.dataDirectory}, and --dry-run starts none. Name a database with --database-url.`,
    )
  }
  // The first Ctrl-C waits for the end, which is near, so that no server is left behind.
  shutdownSignal(logger)
  const embedded = await startEmbeddedServer({ dataDirectory: config.dataDirectory, logger })
  try {
    await installInto(embedded.connectionString, config, logger, given)
  } finally {
    await embedded.stop()
  }
}

async function installInto(
  connectionString: string,
  config: Config,
  logger: Logger,
  { dryRun, repair }: Given,
): Promise<void> {
  logger.info(`Connecting to ${describeTarget(connectionTarget(connectionString))}`)
  const { client } = await connect(connectionString, 'install')
  try {
    const onWait = (sentence: string) => logger.info(sentence)
    const report = await installEngine(client, { engine: config.engine, dryRun, repair, onWait })
    const { facts, repairs, warnings } = report
    const actions = [...report.actions, ...repairs]
    const isPlan = dryRun && actions.length > 0
    if (isPlan) console.log('Nothing was changed. An installation would have:')
    for (const action of actions) console.log(isPlan ? `  ${action}` : action)
    if (repair && repairs.length === 0) console.log('Nothing to repair.')
    for (const warning of warnings) logger.warn(warning)
    if (isPlan) return
    if (actions.length === 0 && !repair) console.log('Nothing to do.')
    const engine = facts.engine === 'SQL' ? 'this project’s SQL' : 'the upstream extension'
    console.log(
      `PgQ ${facts.pgqVersion} (${engine}), pgq_coop ${facts.pgqCoopVersion}, PostgreSQL ${facts.postgresVersion}, ` +
        `schema revision ${facts.schemaRevision}.`,
    )
  } catch (error) {
    throw new CliError(`Nothing was installed: ${reasonOf(error)}`, { cause: error })
  } finally {
    await client.end()
  }
}
