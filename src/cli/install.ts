import type { Logger } from 'pino'
import type { Config } from '../config/shape.ts'
import { findEmbeddedServer, startEmbeddedServer } from '../embedded/embedded-server.ts'
import { installEngine } from '../install/install.ts'
import { CliError, connect, reasonOf } from './connect.ts'
import { shutdownSignal } from './shutdown.ts'

/**
 * Installs PgQ and prints what it changed. Without a database it uses the embedded server, and starts that for this
 * purpose where it does not run.
 */
export async function install(config: Config, logger: Logger): Promise<void> {
  const running = config.databaseUrl ?? (await findEmbeddedServer(config.dataDirectory))
  if (running !== null) return installInto(running, config, logger)
  // Keeps a Ctrl-C from leaving the server behind: the first one only waits for the end, which is near.
  shutdownSignal(logger)
  const embedded = await startEmbeddedServer({ dataDirectory: config.dataDirectory, logger })
  try {
    await installInto(embedded.connectionString, config, logger)
  } finally {
    await embedded.stop()
  }
}

async function installInto(connectionString: string, config: Config, logger: Logger): Promise<void> {
  const client = await connect(connectionString, 'install')
  try {
    const { actions, facts, warnings } = await installEngine(client, { engine: config.engine })
    for (const action of actions) console.log(action)
    for (const warning of warnings) logger.warn(warning)
    if (actions.length === 0) console.log('Nothing to do.')
    const engine = facts.engine === 'SQL' ? 'this project’s SQL' : 'the upstream extension'
    console.log(
      `PgQ ${facts.pgqVersion} (${engine}), pgq_coop ${facts.pgqCoopVersion}, PostgreSQL ${facts.postgresVersion}.`,
    )
  } catch (error) {
    throw new CliError(`Nothing was installed: ${reasonOf(error)}`, { cause: error })
  } finally {
    await client.end()
  }
}
