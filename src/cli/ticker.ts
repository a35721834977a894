import type { Logger } from 'pino'
import type { Config } from '../config/shape.ts'
import { aborted, shutdownSignal } from './shutdown.ts'
import { databaseOptions, runningDatabases } from './targets.ts'

/**
 * Ticks all databases until a signal, those too that "serve" does not. Waits for one that is unreachable, and stands by
 * while another ticker leads.
 */
export async function tick(config: Config, logger: Logger, only: readonly string[]): Promise<void> {
  const shutdown = shutdownSignal(logger)
  const { Databases } = await import('../database/databases.ts')
  const entries = await runningDatabases(config, only)
  const databases = new Databases({ logger }, config.connections.maxTotal)
  try {
    for (const entry of entries) databases.add({ ...databaseOptions(config, entry), ticker: true })
    databases.start()
    await aborted(shutdown)
  } finally {
    await databases.close()
    logger.info('Stopped')
  }
}
